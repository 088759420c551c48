/**
 * One P4Runtime update: which writer does it (specification: "Write RPC").
 */
import { type Update, Update_Type } from '../../gen/p4/v1/p4runtime_pb.ts';
import { invalid, unsupported } from '../refusals.ts';
import type { PipelineState } from '../store/state.ts';
import {
  writeCounter,
  writeDirectCounter,
  writeDirectMeter,
  writeMeter,
  writeRegister,
  writeValueSet,
} from './arrays.ts';
import type { Batch } from './batch.ts';
import { writeGroup, writeMember } from './profile.ts';
import { writeDigest, writeReplication } from './replication.ts';
import { writeTableEntry } from './table.ts';

/**
 * Checks an update, changes the stores, and adds what the switch shall do.
 *
 * @throws RpcError; then nothing has changed
 */
export function applyUpdate(state: PipelineState, batch: Batch, update: Update): void {
  const { type } = update;
  if (type !== Update_Type.INSERT && type !== Update_Type.MODIFY && type !== Update_Type.DELETE)
    throw invalid('The update type is not set.');
  const entity = update.entity?.entity;
  switch (entity?.case) {
    case 'tableEntry':
      writeTableEntry(state, batch, type, entity.value);
      break;
    case 'actionProfileMember':
      writeMember(state, batch, type, entity.value);
      break;
    case 'actionProfileGroup':
      writeGroup(state, batch, type, entity.value);
      break;
    case 'meterEntry':
      writeMeter(state, batch, type, entity.value);
      break;
    case 'directMeterEntry':
      writeDirectMeter(state, batch, type, entity.value);
      break;
    case 'counterEntry':
      writeCounter(state, batch, type, entity.value);
      break;
    case 'directCounterEntry':
      writeDirectCounter(state, batch, type, entity.value);
      break;
    case 'packetReplicationEngineEntry':
      writeReplication(state, batch, type, entity.value);
      break;
    case 'valueSetEntry':
      writeValueSet(state, batch, type, entity.value);
      break;
    case 'registerEntry':
      writeRegister(state, batch, type, entity.value);
      break;
    case 'digestEntry':
      writeDigest(state, batch, type, entity.value);
      break;
    case 'externEntry':
      throw unsupported('Externs of other architectures are not supported.');
    case undefined:
      throw invalid('The update has no entity.');
  }
}
