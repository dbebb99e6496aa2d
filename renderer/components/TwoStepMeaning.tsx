import { TriangleAlert } from 'lucide-react';

/** What decrypting here and encrypting there means, shown before you agree to it. `there`: "in eu-west-1". */
export function TwoStepMeaning({ there }: { readonly there: string }) {
  return (
    <div className="remark remark-attention two-step">
      <TriangleAlert className="icon severity-warning" aria-hidden="true" />
      <div>
        <p>
          KMS decrypts each blob and sends the plaintext to this machine, where a child process of Rewrap has
          it encrypted {there}. That means:
        </p>
        <ul>
          <li>
            Plaintext is in the memory of this machine while a blob is under way. Rewrap writes it to no disk
            and no log, and never shows it; the process ends with the run.
          </li>
          <li>
            Memory cannot be erased with certainty: a memory dump, swap space or hibernation of this machine
            may hold it.
          </li>
          <li>
            It takes kms:Decrypt on the source key, and kms:Encrypt and kms:Decrypt on the destination key.
            CloudTrail shows these, and no ReEncrypt.
          </li>
        </ul>
      </div>
    </div>
  );
}
