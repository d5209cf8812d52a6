import { spawn, spawnSync } from 'node:child_process';

/** A Kafka broker inside of librdkafka, which `kcat` brings to life; gone when disposed. */
export interface KafkaBroker extends AsyncDisposable {
  /** `host:port`. */
  readonly address: string;
}

/** Starts a broker. Without `kcat` on the PATH the suite is skipped with one loud line, and in CI it fails. */
export async function startKafka(): Promise<KafkaBroker | undefined> {
  if (spawnSync('sh', ['-c', 'command -v kcat']).status !== 0) {
    const message = 'kcat is not on the PATH (Debian: kafkacat)';
    if (process.env.CI) throw new Error(message);
    console.error(`SKIPPED: ${message}, so the source kafka: is not tested`);
    return undefined;
  }
  const options = ['-X', 'test.mock.num.brokers=1', '-d', 'mock', '-t', 'warmup', '-o', 'end'];
  const child = spawn('kcat', ['-C', '-b', 'x:9', ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      if (said.length < 100_000) said += chunk;
      const found = /bootstrap\.servers=(127\.0\.0\.1:\d+)/u.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`kcat did not start a broker: ${said}`)));
  });
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
