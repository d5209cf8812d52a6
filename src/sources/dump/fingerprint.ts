import { type FileHandle, open } from 'node:fs/promises';
import { cannotRead } from './cannot-read.js';

const wholeUpTo = 64 * 1024 * 1024;
const sampleBytes = 64 * 1024;
const samples = 64;

/**
 * SHA-256 over size and content up to 64 MiB. A larger file is told by size, time of change and 64 samples, head and
 * tail among them: reading 100 GB twice to notice a change would cost more than the replay.
 */
export async function fingerprintFile(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      return await fingerprint(file);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

async function fingerprint(file: FileHandle): Promise<string> {
  const { size, mtimeMs } = await file.stat();
  const whole = size <= wholeUpTo;
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256').update(whole ? `whole ${size}\n` : `samples ${size} ${mtimeMs}\n`);
  const step = whole ? sampleBytes : Math.floor((size - sampleBytes) / (samples - 1));
  const buffer = Buffer.allocUnsafeSlow(sampleBytes);
  for (let at = 0; at < size; at += step) {
    const { bytesRead } = await file.read(buffer, 0, sampleBytes, at);
    hash.update(buffer.subarray(0, bytesRead));
  }
  return `sha256:${hash.digest('hex')}`;
}
