// The checks that need a fully typed program, in the order in which p4c makes them. A step runs only if those before
// it found nothing, so that each may assume what its predecessors guarantee.

import type { Checker } from '../check/checker.ts';
import { checkActionBindings } from './action-bindings.ts';
import { checkControlPlaneNames } from './control-plane-names.ts';
import { checkCoreMethods } from './core-methods.ts';
import { checkDefaultValues } from './default-values.ts';
import { checkZeroDivisions } from './divisions.ts';
import { checkEntries } from './entries.ts';
import { checkEntryPriorities } from './entry-priorities.ts';
import { checkInferences } from './inferences.ts';
import { checkInitialization } from './initialization/check-initialization.ts';
import { checkKeyNames } from './key-names.ts';
import { checkMain, checkModules } from './modules.ts';
import { checkParserGraphs } from './parser-graphs.ts';
import { findReachable } from './reachable.ts';
import { checkReturnPaths } from './return-paths.ts';
import { checkStaticAssertions } from './static-assertions.ts';
import { checkTablesInActions, checkTargetLimits } from './target-limits.ts';
import { checkTuples } from './tuples.ts';
import { warnAboutUses } from './uses.ts';
import {
  checkConstantSelects,
  checkMatchAnnotations,
  checkProperties,
  checkV1ModelVersion,
  checkValueSets,
} from './values.ts';

/** The checks, in order. Names for the control plane matter only where the control plane is told of them. */
const STEPS: readonly ((c: Checker, controlPlane: boolean) => void)[] = [
  checkV1ModelVersion,
  checkMatchAnnotations,
  checkValueSets,
  warnAboutUses,
  checkDefaultValues,
  checkInferences,
  checkEntryPriorities,
  (c) => {
    for (const check of c.deferredChecks) check();
  },
  checkCoreMethods,
  checkStaticAssertions,
  checkKeyNames,
  checkConstantSelects,
  checkZeroDivisions,
  checkParserGraphs,
  checkTablesInActions,
  checkReturnPaths,
  checkInitialization,
  checkMain,
  checkModules,
  (c, controlPlane) => {
    if (controlPlane) checkControlPlaneNames(c, findReachable(c));
  },
  checkActionBindings,
  checkProperties,
  checkEntries,
  checkTuples,
  (c) => checkTargetLimits(c, findReachable(c)),
];

/** Runs all late checks until one finds errors. */
export function checkLate(c: Checker, controlPlane: boolean): void {
  for (const step of STEPS) {
    step(c, controlPlane);
    if (c.reporter.hasErrors()) return;
  }
}
