/**
 * Whole VIPs come, go and change their mapping (`remap.ts`) or their clients (`reclass.ts`). What the switch has to
 * hold for a VIP follows from the intent, so to add one or to forget one means to record it and to have the switch
 * reconciled with the intent anew: the same code that brings up an empty switch, and only differences are written.
 *
 * A VIP is removed by pointing all its buckets at a server that does not exist. The protocol then does what it does in
 * every shift: new connections are tentative on nobody and get no answer, old ones live on their servers until they
 * end, buckets commit when nobody needs their base, and servers are drained one after the other. When all are, nothing
 * is left to break.
 */
import { assign } from '../assignment/assign.ts';
import { readVipDefinition } from '../config/vip-definition.ts';
import { addVip } from '../intent/begin.ts';
import type { ServerId } from '../shift/types.ts';
import { freeServerId, inService } from './catalogue.ts';
import type { Operations } from './operations.ts';
import { concludeReclass, launchReclass, rollBackReclass } from './reclass.ts';
import { concludeRemap, launchRemap, rollBackRemap } from './remap.ts';
import { sharesNow } from './resolve.ts';
import type { Running } from './running.ts';

/** See the file's comment. */
export class VipOperations {
  private readonly operations: Operations;

  constructor(operations: Operations) {
    this.operations = operations;
  }

  /** From an accepted request to its first step. */
  launch(running: Running): void {
    switch (running.record.kind) {
      case 'add-vip':
        this.add(running);
        break;
      case 'remove-vip':
        this.close(running);
        break;
      case 'buckets':
      case 'remap':
        launchRemap(this.operations, running);
        break;
      case 'reclass':
        launchReclass(this.operations, running);
        break;
      default:
        throw new Error(`${running.record.kind} is not about a VIP`);
    }
  }

  /** A removal is taken back: the buckets go to those who serve. */
  rollBack(running: Running, message: string): void {
    const { operations } = this;
    const { host } = operations;
    const { record } = running;
    const vip = host.intent.vips.get(record.vip);
    if (record.kind === 'reclass') {
      rollBackReclass(operations, message);
      return;
    }
    if (record.mappingBefore !== undefined) {
      rollBackRemap(operations, running, message);
      return;
    }
    if (record.kind !== 'remove-vip' || vip?.closing === undefined) {
      operations.finish(running, 'aborted', message);
      return;
    }
    const { closing, ...open } = vip;
    host.record({ kind: 'vip', vip: open });
    operations.save(running, { ...record, aborting: true, coming: [closing], phase: 'rolling-back', message });
    for (const id of record.leaving) {
      const server = operations.server(id);
      if (server?.state !== 'draining') continue;
      operations.setState(server, 'active');
      host.order({ kind: 'server-stays', server: id });
    }
    const { base, current } = host.intent.assignments.get(record.vip)!;
    const shares = sharesNow(host.intent, record.vip);
    if (shares.length === 0) {
      operations.finish(running, 'failed', 'no server is left to take the connections');
      return;
    }
    const target = assign(current, base, shares);
    host.order({ kind: 'retarget', vip: record.vip, moves: target.map((to, bucket) => [bucket, to]) });
    target.forEach((to, bucket) => {
      operations.running.own(running, bucket, to);
    });
    operations.advance(running);
  }

  /** All of a removed VIP's servers are drained, or all buckets have settled. */
  conclude(running: Running): void {
    const { host } = this.operations;
    const { record } = running;
    if (record.kind === 'reclass') {
      concludeReclass(this.operations);
      return;
    }
    if (record.mappingBefore !== undefined) {
      concludeRemap(this.operations, running);
      return;
    }
    if (record.aborting) {
      this.operations.finish(running, 'aborted', record.message);
      return;
    }
    for (const server of [...host.intent.servers.values()]) {
      if (server.vip === record.vip) this.operations.forget(server);
    }
    const name = host.intent.vips.get(record.vip)!.name;
    host.record({ kind: 'vip-forgotten', id: record.vip });
    this.operations.finish(running, 'done', 'done');
    host.setVips(host.configuration.vips.filter((vip) => vip.name !== name));
  }

  private add(running: Running): void {
    const { host } = this.operations;
    const { request } = running.record;
    const vip = readVipDefinition(
      request!.vip,
      request!.vipDefinition,
      host.configuration.vips,
      host.configuration.classes,
    );
    addVip(host.intent, (record) => host.record(record), vip);
    this.operations.finish(running, 'done', 'done');
    host.setVips([...host.configuration.vips, vip]);
  }

  private close(running: Running): void {
    const { operations } = this;
    const { host } = operations;
    const { record } = running;
    const vip = host.intent.vips.get(record.vip)!;
    const nobody: ServerId = freeServerId(host.intent);
    // Its number is taken and never given to anybody.
    const { nextVip, nextOperation } = host.intent;
    host.record({ kind: 'ids', nextServer: nobody + 1, nextVip, nextOperation });
    host.record({ kind: 'vip', vip: { ...vip, closing: nobody } });
    const leaving = inService(host.intent, record.vip);
    for (const server of leaving) operations.setState(server, 'draining');
    const { current } = host.intent.assignments.get(record.vip)!;
    const moves = current.map((from, bucket) => [bucket, from, nobody] as const);
    running.moved = moves.length;
    const definition = host.configuration.vips.find(({ name }) => name === vip.name);
    const request = { ...record.request!, ...(definition === undefined ? {} : { vipDefinition: definition }) };
    operations.save(running, {
      ...record,
      request: request as typeof record.request,
      leaving: leaving.map(({ id }) => id),
      moves,
      ordered: moves.length,
      deadlineAtMs: record.deadlineMs > 0 ? host.wallMs() + record.deadlineMs : undefined,
      phase: 'shifting',
    });
    for (const server of leaving) host.order({ kind: 'server-leaves', server: server.id });
    host.order({ kind: 'retarget', vip: record.vip, moves: moves.map(([bucket, , to]) => [bucket, to]) });
    for (const [bucket, , to] of moves) operations.running.own(running, bucket, to);
    const { deadlineAtMs } = running.record;
    if (deadlineAtMs !== undefined) host.armDeadline(record.id, deadlineAtMs);
    operations.advance(running);
  }
}
