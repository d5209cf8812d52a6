import { expect, test } from 'vitest';
import { renderCliDocs } from '../../src/cli/docs.js';
import { loadCommands } from '../../src/commands/registry.js';

test('docs/cli.md says what the definitions of the commands say', async () => {
  await expect(renderCliDocs(await loadCommands())).toMatchFileSnapshot('../../docs/cli.md');
});
