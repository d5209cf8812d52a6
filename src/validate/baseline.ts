import { readFile } from 'node:fs/promises';
import { CannotEvaluateError, UsageError } from '../errors.js';
import { writeDurably } from '../flow/state/durable.js';
import type { SummaryGroup } from './summary.js';

const FORMAT_VERSION = 1;

/** A finding that is known and tolerated: so many problems of this rule at this place, in events of this name. */
export interface KnownFinding {
  readonly source: string;
  readonly name: string;
  readonly rule: string;
  readonly pointer: string;
  readonly count: number;
}

/** What a baseline makes of the problems that were found. */
export interface Comparison {
  /** Problems beyond what is known. */
  readonly fresh: readonly KnownFinding[];
  /** Problems that are known. */
  readonly knownCount: number;
  /** Known problems that are there no more. */
  readonly goneCount: number;
  /** The baseline without what is gone: it only ever shrinks. */
  readonly left: readonly KnownFinding[];
}

/**
 * Reads a baseline; undefined when there is no such file.
 * @throws UsageError `bad_baseline` when it is something else.
 */
export async function readBaseline(path: string): Promise<readonly KnownFinding[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new CannotEvaluateError(`the baseline ${path} cannot be read`, { code: 'baseline_unreadable', cause });
  }
  const parsed = parse(text);
  if (parsed !== undefined) return parsed;
  throw new UsageError(`${path} is no baseline of this version`, {
    code: 'bad_baseline',
    hint: 'write it anew with --update-baseline',
  });
}

/** Writes a baseline, sorted, so that its changes read well in a review. */
export async function writeBaseline(path: string, findings: readonly KnownFinding[]): Promise<void> {
  const sorted = findings.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  await writeDurably(path, `${JSON.stringify({ formatVersion: FORMAT_VERSION, findings: sorted }, undefined, 2)}\n`);
}

/** The findings of a run in the form of a baseline. */
export function findingsOf(groups: Iterable<SummaryGroup>): readonly KnownFinding[] {
  return [...groups].map(({ source, name, rule, pointer, count }) => ({ source, name, rule, pointer, count }));
}

/** Holds what was found against what is known. */
export function compareBaseline(found: readonly KnownFinding[], known: readonly KnownFinding[]): Comparison {
  const counts = new Map(found.map((finding) => [keyOf(finding), finding.count]));
  const allowed = new Map(known.map((finding) => [keyOf(finding), finding.count]));
  const fresh = found.flatMap((finding) => {
    const count = finding.count - (allowed.get(keyOf(finding)) ?? 0);
    return count > 0 ? [{ ...finding, count }] : [];
  });
  const left = known.flatMap((finding) => {
    const count = Math.min(finding.count, counts.get(keyOf(finding)) ?? 0);
    return count > 0 ? [{ ...finding, count }] : [];
  });
  const knownCount = sum(left);
  return { fresh, knownCount, goneCount: sum(known) - knownCount, left };
}

function keyOf({ source, name, rule, pointer }: KnownFinding): string {
  return JSON.stringify([source, name, rule, pointer]);
}

function sum(findings: readonly KnownFinding[]): number {
  return findings.reduce((total, { count }) => total + count, 0);
}

function parse(text: string): readonly KnownFinding[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('findings' in value) || !('formatVersion' in value))
      return undefined;
    const { findings, formatVersion } = value;
    return formatVersion === FORMAT_VERSION && Array.isArray(findings) && findings.every(isFinding)
      ? findings
      : undefined;
  } catch {
    return undefined;
  }
}

function isFinding(value: unknown): value is KnownFinding {
  if (typeof value !== 'object' || value === null) return false;
  const { source, name, rule, pointer, count } = value as Record<string, unknown>; // an object, by the line above
  return [source, name, rule, pointer].every((text) => typeof text === 'string') && Number.isSafeInteger(count);
}
