/** README.txt of the sample vault. Encryption contexts are not secret: AWS writes them to CloudTrail in clear. */
export const SAMPLE_README = `Sample vault of the Rewrap practice KMS
=======================================

Every other file here is ciphertext under a key of the practice KMS. The secrets
inside are random and of no use: change, break and rewrite what you like.
No file holds plaintext.

To open a file, KMS must be given the encryption context it was made with, exactly.

File                            Key                  Encryption context to type
----                            ---                  --------------------------
payments/db-password.txt        alias/payments       app = payments, env = practice
payments/api-token.bin          alias/payments       none
payments/tls-private-key.b64    alias/payments       app = payments, env = practice
payments/webhook-secret.json    alias/payments       app = payments, env = practice
payments/snapshot-data-key.json   alias/payments       none
orders/orders-data-key.json     alias/payments       service = orders, purpose = data-key
legacy/smtp-password.b64url     alias/legacy         none
legacy/ldap-bind.hex            alias/legacy         none
legacy/backup-passphrase.txt    alias/legacy         none
legacy/vpn-shared-key.kms       alias/legacy         none
legacy/console-password.txt     alias/retired        none
partner/handover.bin            alias/partner-rsa    none (RSA keys take none)
damaged/session-key.b64         alias/payments       none

Things to try
-------------
1. Re-encrypt the payments folder to alias/payments-2027, the new key.
2. Leave a context out, or misspell it: KMS answers InvalidCiphertext.
3. partner/handover.bin is RSA ciphertext. Its bytes name no key, so choose the
   source key alias/partner-rsa and the algorithm RSAES_OAEP_SHA_256 yourself.
4. legacy/console-password.txt lies under a disabled key: KMS answers Disabled.
   Enable the key, and it opens.
5. damaged/session-key.b64 has one damaged byte. Nothing can open it; see that
   the file stays as it is.
6. alias/signing is not for encryption, and alias/archive-2019 waits for its
   deletion: see why neither can be a destination.
7. alias/rotated has been rotated once, and can be again: re-encrypt to it,
   rotate it, re-encrypt again, and compare the two fingerprints.
8. alias/global is the same key in us-east-1 and eu-west-1: what one encrypts,
   the other decrypts.
9. arn:aws:kms:us-east-1:444455556666:alias/shared-with-practice is another
   account's key. You may re-encrypt to it, and cannot open what you have sent.
10. alias/legacy has a grant that still lets the partner account decrypt. Its key
    policy does not show it: find it in the audit, then revoke it (RevokeGrant).
`;
