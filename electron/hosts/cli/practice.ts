import { join, resolve } from 'node:path';
import { dataDir } from '../../bridge/engine/index.ts';
import { makeFolder } from '../../core/storage/files.ts';
import { makeSampleVault, startPracticeKms } from '../../practice-kms/index.ts';
import { OK } from './exit-code.ts';

/** `rewrap practice-kms [--port N] [--state DIR] [--cloudtrail DIR]`: the practice KMS for any AWS client, until stopped. */
export async function practiceKms(flags: {
  port: number;
  state?: string;
  cloudtrail?: string;
}): Promise<number> {
  const stateDir = resolve(flags.state ?? join(dataDir(), 'practice'));
  makeFolder(stateDir);
  const practice = await startPracticeKms({
    stateDir,
    port: flags.port,
    ...(flags.cloudtrail === undefined ? {} : { trailDir: resolve(flags.cloudtrail) }),
  });
  const vault = join(stateDir, 'vault');
  await makeSampleVault({ practice, folder: vault, replace: false });
  // Before it says that it is ready: what starts it may stop it at once.
  const stopped = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done());
  });
  console.log(
    `The practice KMS listens at ${practice.endpoint} (${practice.region}, ${practice.accountId}).`,
  );
  console.log(`Sample vault: ${vault}`);
  console.log('Use it with any AWS client, for example:');
  console.log(
    `  AWS_ACCESS_KEY_ID=${practice.accessKeyId} AWS_SECRET_ACCESS_KEY=${practice.secretAccessKey} ` +
      `aws --region ${practice.region} --endpoint-url ${practice.endpoint} kms list-aliases`,
  );
  console.log('For practice only: its keys lie in clear in that folder. Ctrl-C stops it.');
  await stopped;
  await practice.close();
  return OK;
}
