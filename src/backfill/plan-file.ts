import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotEvaluateError, UsageError } from '../errors.js';
import { stateError, writeDurably } from '../flow/state/durable.js';
import type { BackfillPlan } from './plan.js';

const PLAN = 'plan.json';

/** Saves the plan of a run: from here on its slices are whole. */
export function savePlan(folder: string, plan: BackfillPlan): Promise<void> {
  return writePlan(join(folder, PLAN), plan);
}

/** The plan of a run; undefined while the source has not been read to its end. */
export async function loadPlan(folder: string): Promise<BackfillPlan | undefined> {
  const path = join(folder, PLAN);
  try {
    return parsePlan(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error instanceof CannotEvaluateError || error instanceof UsageError ? error : stateError(error, path);
  }
}

/** Writes a plan where the user wants it. */
export function writePlan(path: string, plan: BackfillPlan): Promise<void> {
  return writeDurably(path, `${JSON.stringify(plan, infinities, 2)}\n`);
}

/** @throws UsageError `bad_plan` when the file is none. */
export async function readPlan(path: string): Promise<BackfillPlan> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new UsageError(`the plan ${path} cannot be read: ${cause.message}`, {
      code: 'bad_plan',
      hint: 'name a file that --plan-out has written',
      cause,
    });
  });
  return parsePlan(text, path);
}

function parsePlan(text: string, path: string): BackfillPlan {
  let plan: Partial<BackfillPlan> | null;
  try {
    plan = JSON.parse(text, revived) as Partial<BackfillPlan> | null; // its version is checked
  } catch (cause) {
    throw badPlan(path, cause);
  }
  if (plan?.formatVersion !== 1 || !Array.isArray(plan.partitions)) throw badPlan(path, undefined);
  return plan as BackfillPlan; // the version says which members there are
}

function badPlan(path: string, cause: unknown): UsageError {
  return new UsageError(`${path} is no plan of a backfill, or one of another version of respool`, {
    code: 'bad_plan',
    hint: 'make it anew with respool backfill … --dry-run --plan-out plan.json',
    cause,
  });
}

function infinities(_key: string, value: unknown): unknown {
  if (value === Number.POSITIVE_INFINITY) return 'infinity';
  return value === Number.NEGATIVE_INFINITY ? '-infinity' : value;
}

function revived(_key: string, value: unknown): unknown {
  if (value === 'infinity') return Number.POSITIVE_INFINITY;
  return value === '-infinity' ? Number.NEGATIVE_INFINITY : value;
}
