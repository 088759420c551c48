/**
 * What a request to put clients into another class means: the classes as they are to be, which clients find another VIP
 * by that, and whether these can take their connections along. They can where the two VIPs are one service in the
 * switch (intent/services.ts), for then pins and servers are the same for both. One pair of classes at a time: those
 * clients are in a class of their own while they move (`reclass.ts`).
 */
import type { ClassConfiguration, Configuration } from '../config/types.ts';
import type { OperationRequest } from '../control-api/types.ts';
import { classOf, type Diversion, diversions, diversionText, EVERYBODY, NO_CLASS } from '../intent/classes.ts';
import { isOneWay } from '../intent/mapping.ts';
import { serviceOf } from '../intent/services.ts';
import type { Intent } from '../intent/types.ts';
import { didYouMean } from '../text/did-you-mean.ts';
import { findVip, type KnownVip } from './catalogue.ts';
import { OperationRefusedError } from './errors.ts';

/** A VIP that clients leave for another one of the same service. */
export interface VipChange {
  readonly from: KnownVip;
  readonly to: KnownVip;
}

/** See the file's comment. */
export interface ClientMove {
  /** The classes afterwards. */
  readonly classes: readonly ClassConfiguration[];
  /** Those who move; where one prefix is within another, without those whom the longer one keeps back. */
  readonly prefixes: readonly string[];
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** None: no client finds another VIP. */
  readonly vips: readonly VipChange[];
}

/** @throws OperationRefusedError where nothing would change, or connections could not be taken along */
export function resolveClientMove(
  configuration: Configuration,
  intent: Intent,
  request: Pick<OperationRequest, 'classes' | 'prefix' | 'class'>,
): ClientMove {
  const before = configuration.classes;
  const classes = request.classes ?? classesWith(before, request.prefix!, request.class!);
  const { vips } = configuration;
  const diverted = diversions({ vips, classes: before }, { vips, classes });
  const [first] = diverted;
  const listed = new Set([...before, ...classes].flatMap(({ prefixes }) => prefixes));
  const isAsked = (prefix: string): boolean => prefix === request.prefix;
  if (first === undefined) {
    const prefixes = [...listed].filter(isAsked);
    return { classes, prefixes, from: undefined, to: request.class, vips: [] };
  }
  const { was, is } = first;
  const other = diverted.find((diversion) => diversion.was !== was || diversion.is !== is);
  const refuse = (message: string, hint?: string): never => {
    throw new OperationRefusedError({
      code: 'conflict',
      field: 'classes',
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  if (other !== undefined) {
    const pairs = [first, other].map((one) => `${one.prefix} from ${nameOf(one.was)} to ${nameOf(one.is)}`);
    refuse(`clients would move between several classes: ${pairs.join(', ')}`, 'move them one after the other');
  }
  const moves = (prefix: string): boolean => classOf(prefix, before) === was && classOf(prefix, classes) === is;
  const prefixes = [...listed].filter(moves);
  // Clients of a shorter prefix that no class lists any more would be taken for those of a longer one that moves.
  const moving: readonly ClassConfiguration[] = [{ name: MOVING, prefixes }, ...withoutPrefixes(classes, prefixes)];
  const mixed = [...listed].find((prefix) => (classOf(prefix, moving) === MOVING) !== moves(prefix));
  if (mixed !== undefined) refuse(`${mixed} leaves its class at the same time`, 'move them one after the other');
  const pairs = new Map(diverted.map((diversion) => [diversion.from.name, diversion]));
  return {
    classes,
    prefixes,
    from: was,
    to: is,
    vips: [...pairs.values()].map((diversion) => vipChange(configuration, intent, diversion)),
  };
}

/** Classes without some prefixes. */
export function withoutPrefixes<Class extends ClassConfiguration>(
  classes: readonly Class[],
  gone: readonly string[],
): Class[] {
  return classes.map((one) => ({ ...one, prefixes: one.prefixes.filter((prefix) => !gone.includes(prefix)) }));
}

const MOVING = '>';

function nameOf(clientClass: string | undefined): string {
  return clientClass === EVERYBODY ? 'no class' : `class \`${clientClass}\``;
}

/** A prefix in another class, or in none. */
function classesWith(
  before: readonly ClassConfiguration[],
  prefix: string,
  wanted: string,
): readonly ClassConfiguration[] {
  const names = before.map(({ name }) => name);
  if (wanted !== NO_CLASS && !names.includes(wanted)) {
    const meant = didYouMean(wanted, [...names, NO_CLASS]);
    throw new OperationRefusedError({
      code: 'not-found',
      field: 'class',
      message: `there is no class \`${wanted}\``,
      choices: [...names, NO_CLASS],
      hint: meant === undefined ? '`mooring apply` with a file that lists it makes one' : `did you mean \`${meant}\`?`,
    });
  }
  const classes = withoutPrefixes(before, [prefix]).map((one) =>
    one.name === wanted ? { ...one, prefixes: [...one.prefixes, prefix] } : one,
  );
  const is = classOf(prefix, classes);
  const refuse = (message: string, hint: string): never => {
    throw new OperationRefusedError({ code: 'conflict', field: 'prefix', message, hint });
  };
  if (wanted === NO_CLASS && is !== EVERYBODY) {
    refuse(`${prefix} is within a prefix of ${nameOf(is)}`, 'a client is in no class where no prefix holds it');
  }
  if (classOf(prefix, before) === is) refuse(`clients of ${prefix} are in ${nameOf(is)} already`, 'nothing to do');
  return classes;
}

function vipChange(configuration: Configuration, intent: Intent, diversion: Diversion): VipChange {
  const { from, to } = diversion;
  const refuse = (why: string): never => {
    const message = `${diversionText(diversion)}: ${why}`;
    throw new OperationRefusedError({ code: 'conflict', field: 'classes', message, hint: 'nothing was changed' });
  };
  if (to === undefined) return refuse('their connections would have nowhere to go');
  const [known, next] = [from, to].map(({ name }) => findVip(configuration, intent, name)) as [KnownVip, KnownVip];
  if (from.port !== to.port) refuse('one is for a single port and one for all');
  if (serviceOf(intent, known.record.id) !== serviceOf(intent, next.record.id)) {
    refuse('the switch knows them as two services, from before it could be otherwise: make one of them anew');
  }
  if (isOneWay(from) !== isOneWay(to)) {
    refuse('servers of one answer through the switch and those of the other past it: give both the same `forwarding`');
  }
  return { from: known, to: next };
}
