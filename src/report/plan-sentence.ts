import type { Plan } from './plan.js';
import { counted, thousands } from './text.js';

/** How many events would go where, in one sentence. Sinks that would take the same number are named together. */
export function deliverySentence({ deliverable, read, sinks }: Plan, write: (label: string) => string): string {
  const labels = new Map<number, string[]>();
  for (const { label, refused } of sinks) {
    const events = deliverable - refused;
    labels.set(events, [...(labels.get(events) ?? []), write(label)]);
  }
  const [[first, to] = [deliverable, []], ...others] = labels;
  const rest = others.map(([events, names]) => `, ${thousands(events)} to ${names.join(' and ')}`).join('');
  return `${thousands(first)} of ${counted(read, 'event')} would go to ${to.join(' and ')}${rest}`;
}
