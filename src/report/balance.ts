import type { ReplayReport, SinkReport } from './report.js';
import { thousands } from './text.js';

/**
 * The balance rule: for each sink, what was read and added equals what became of it. Returns one sentence for each
 * sink that does not balance; none means that the report may call itself balanced.
 */
export function checkBalance(report: Omit<ReplayReport, 'balanced'>): readonly string[] {
  const read = report.read + (report.added ?? 0);
  const before = report.undecodable + report.filtered + (report.dropped ?? 0) + report.invalid;
  return report.sinks.flatMap((sink) => {
    const settled = before + settledBy(sink);
    if (settled === read) return [];
    const gap = Math.abs(read - settled);
    const which = settled < read ? 'have no verdict' : 'were counted twice';
    return [
      `${sink.name} does not balance: ${thousands(read)} read, ${thousands(settled)} accounted for; ` +
        `${thousands(gap)} ${which}`,
    ];
  });
}

function settledBy(sink: SinkReport): number {
  return sink.accepted + sink.duplicate + sink.rejected + sink.unknown + sink.unsent;
}
