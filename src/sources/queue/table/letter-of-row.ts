import type { Row } from '../../../postgres/connection.js';
import type { Letter } from '../../letter.js';
import type { TableLayout } from './layout.js';

/** A row of a page as a letter. All its columns are text. */
export function letterOf(row: Row, { kind, queue }: TableLayout): Letter {
  const at = (name: string) => (typeof row[name] === 'string' ? row[name] : undefined);
  const [errorClass, errorMessage, deliveries] = [at('errorClass'), at('errorMessage'), at('deliveries')];
  const hasError = errorClass !== undefined || errorMessage !== undefined;
  return {
    kind,
    queue,
    origin: at('origin'),
    id: at('id'),
    name: at('name'),
    sentAt: at('sentAt'),
    failedAt: at('failedAt'),
    deliveries: deliveries === undefined ? undefined : Number(deliveries),
    error: hasError ? { class: errorClass, message: errorMessage } : undefined,
    body: at('body') ?? '',
  };
}
