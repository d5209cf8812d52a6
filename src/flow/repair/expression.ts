import { UsageError } from '../../errors.js';
import type { Layer } from '../../event/layer.js';
import { openCel } from '../cel.js';

/** What a CEL expression may look at: the event as it is now, who it is, and what lay around it. There is no clock. */
export interface CelContext extends Record<string, unknown> {
  readonly event: unknown;
  readonly id: string;
  readonly name: string;
  readonly time: Date | null;
  /** Innermost envelope last. */
  readonly layers: readonly Layer[];
}

export type Expression = (context: CelContext) => unknown;

const VARIABLES = ['event', 'id', 'name', 'time', 'layers'] as const satisfies readonly (keyof CelContext)[];

/**
 * Compiles CEL expressions.
 * @throws UsageError `bad_repair` when one cannot be parsed, or looks at what there is not.
 */
export async function celCompiler(): Promise<(text: string) => Expression> {
  const compile = await openCel(VARIABLES);
  return (text) => {
    try {
      return compile(text);
    } catch (cause) {
      throw new UsageError(`${JSON.stringify(text)} is no CEL expression: ${firstLine(cause)}`, {
        code: 'bad_repair',
        hint: 'for example: !has(event.created_at) || event.created_at == null',
        cause,
      });
    }
  };
}

/** The first line of what an error says. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? '';
}

/** What CEL gave, as raw JSON; undefined when JSON cannot say it. */
export function toJson(value: unknown): string | undefined {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : JSON.stringify(value.toISOString());
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value)) return joined(value.map(toJson), '[', ']');
  if (value instanceof Map) return objectJson([...value] as [unknown, unknown][]);
  if (typeof value === 'object' && value !== null) return objectJson(Object.entries(value));
  return typeof value === 'number' && !Number.isFinite(value) ? undefined : JSON.stringify(value);
}

function objectJson(entries: readonly (readonly [unknown, unknown])[]): string | undefined {
  const members = entries.map(([key, value]) => {
    const raw = toJson(value);
    return raw === undefined ? undefined : `${JSON.stringify(String(key))}:${raw}`;
  });
  return joined(members, '{', '}');
}

function joined(parts: readonly (string | undefined)[], open: string, close: string): string | undefined {
  return parts.includes(undefined) ? undefined : open + parts.join(',') + close;
}
