/** Set-up of the unit tests: keys of RSA are pre-made. Nothing but tests imports this file, and no real data is under them. */
import { setPremadeKeys } from '../crypto/key-specs.ts';
import keys from './rsa-keys.json' with { type: 'json' };

for (const [spec, pairs] of Object.entries(keys))
  setPremadeKeys(
    Number(spec.slice('RSA_'.length)),
    pairs.map((pair) => Buffer.from(pair, 'base64')),
  );
