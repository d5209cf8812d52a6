import type { Failure, NextCommand } from './report.js';

/** What lies in a source and why, as plain data. Fields are added, never renamed. */
export interface TriageReport {
  readonly reportVersion: 1;
  readonly command: 'triage';
  readonly exitCode: number;
  readonly source: string;
  /** Everything was looked at. */
  readonly complete: boolean;
  /** Events in the letters that were looked at. */
  readonly events: number;
  /** Events that --schema accepts as they are; absent without it. */
  readonly valid?: number;
  /** The queue's own counts; absent for dumps. */
  readonly queue?: QueueStanding;
  /** RFC 3339; absent when no letter tells a time. */
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  readonly origins: readonly Count[];
  readonly names: readonly Count[];
  /** Most frequent first; with --signature only those. */
  readonly signatures: readonly SignatureReport[];
  /** How many signatures there are, whatever --signature says. */
  readonly signaturesFound: number;
  readonly exported?: { readonly path: string; readonly letters: number };
  readonly failures: readonly Failure[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  readonly next: readonly NextCommand[];
  readonly elapsedMs: number;
}

export interface QueueStanding {
  readonly ready?: number;
  readonly inFlight?: number;
  readonly delayed?: number;
  readonly oldest?: string;
  /** When the service itself removes the first message. */
  readonly firstExpires?: string;
  /** So long from the end of the look; negative when it is overdue. */
  readonly firstExpiresInMs?: number;
}

export interface Count {
  readonly name: string;
  readonly events: number;
}

/** All letters that died of the same cause. */
export interface SignatureReport {
  /** What `--signature` takes. */
  readonly id: string;
  readonly events: number;
  readonly cause: string;
  readonly message: string;
  readonly pointer?: string;
  readonly sqlstate?: string;
  readonly firstSeen?: string;
  readonly lastSeen?: string;
  /** Events over the time of all letters, oldest first. */
  readonly overTime: readonly number[];
  readonly origins: readonly Count[];
  readonly names: readonly Count[];
  /** The most often that one of them has been tried. */
  readonly mostAttempts: number;
  /** One event, without what names, reaches or admits a person. */
  readonly sample: string;
  /** A repair rule that would mend the samples, as YAML. */
  readonly proposal?: string;
}
