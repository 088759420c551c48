/**
 * Counters and meters between plain values and messages, for the entities that have some: tables, direct and indirect
 * ones alike.
 */
import type * as Entities from '../entities/types.ts';
import type { CounterData, MeterConfig, MeterCounterData } from '../gen/p4/v1/p4runtime_pb.ts';
import type { Purpose } from './purpose.ts';

/** A counter's cell as message; 0 where not given. */
export function counterData(value: Entities.CounterValue): CounterData {
  return {
    $typeName: 'p4.v1.CounterData',
    byteCount: BigInt(value.bytes ?? 0),
    packetCount: BigInt(value.packets ?? 0),
  };
}

/** A meter's rates as message; none: the default, which marks everything green. */
export function meterConfig(value: Entities.MeterValue | 'default' | undefined): MeterConfig | undefined {
  if (value === undefined || value === 'default') return undefined;
  return {
    $typeName: 'p4.v1.MeterConfig',
    cir: BigInt(value.cir),
    cburst: BigInt(value.cburst),
    pir: BigInt(value.pir),
    pburst: BigInt(value.pburst),
    eburst: BigInt(value.eburst ?? 0),
  };
}

/** Rates out of a message. */
export function meterValue(config: MeterConfig): Required<Entities.MeterValue<bigint>> {
  const { cir, cburst, pir, pburst, eburst } = config;
  return { cir, cburst, pir, pburst, eburst };
}

/** A message without values: in a read it asks for the counters, in a write it takes them to 0. */
export function colourData(
  counters: Entities.ColourCountersInput | undefined,
  purpose: Purpose,
): MeterCounterData | undefined {
  if (counters === undefined || purpose === 'delete' || (purpose !== 'read' && counters !== 'reset')) return undefined;
  return { $typeName: 'p4.v1.MeterCounterData', green: undefined, yellow: undefined, red: undefined };
}

/** What a meter counted in each of its colours. */
export function colourCounters({ green, yellow, red }: MeterCounterData): Entities.ColourCounters {
  return { green: counterValue(green), yellow: counterValue(yellow), red: counterValue(red) };
}

/** A counter's cell out of a message; 0 where there is none. */
export function counterValue(data: CounterData | undefined): Required<Entities.CounterValue<bigint>> {
  return { packets: data?.packetCount ?? 0n, bytes: data?.byteCount ?? 0n };
}
