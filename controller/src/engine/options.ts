/** What an engine is made of: everything that reaches outside is passed in, so that a test holds all of its ends. */
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Configuration } from '../config/types.ts';
import type { OperationStatus } from '../control-api/types.ts';
import type { Intent, IntentRecord } from '../intent/types.ts';
import type { Journal } from '../journal/journal.ts';
import type { SwitchConnector } from '../switch-port/port.ts';
import type { ProgramFeatures } from '../switch-port/program-features.ts';
import type { Log } from './log.ts';

/** See the file's comment. */
export interface EngineOptions {
  readonly configuration: Configuration;
  readonly journal: Journal<IntentRecord, Intent>;
  readonly connect: SwitchConnector;
  /** What the program on the switches can do. */
  readonly features: ProgramFeatures;
  readonly clock: Clock;
  readonly log: Log;
  readonly pinning: boolean;
  readonly audit?: AuditLog;
  /** Told when something that `status` shows may have changed. */
  readonly onChange?: () => void;
  readonly onOperation?: (operation: OperationStatus) => void;
}
