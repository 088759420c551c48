/** All topics, in the order of the documentation. */

import type { Topic } from '../support/topic.ts';
import { actionProfiles } from './action-profiles.ts';
import { arbitration } from './arbitration.ts';
import { counters } from './counters.ts';
import { defaults } from './defaults.ts';
import { digests } from './digests.ts';
import { idleTimeouts } from './idle-timeouts.ts';
import { matchKeys } from './match-keys.ts';
import { meters } from './meters.ts';
import { oneShot } from './one-shot.ts';
import { packetIo } from './packet-io.ts';
import { pipelineConfig } from './pipeline-config.ts';
import { redirects } from './redirects.ts';
import { registersAndValueSets } from './registers-and-value-sets.ts';
import { replication } from './replication.ts';
import { requests } from './requests.ts';
import { tables } from './tables.ts';

export const topics: readonly Topic[] = [
  requests,
  tables,
  matchKeys,
  defaults,
  actionProfiles,
  oneShot,
  counters,
  meters,
  registersAndValueSets,
  idleTimeouts,
  digests,
  replication,
  redirects,
  packetIo,
  pipelineConfig,
  arbitration,
];
