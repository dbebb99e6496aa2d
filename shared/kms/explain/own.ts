import { CATALOGUE, type ServiceCode } from './catalogue.ts';
import { type CatalogueEntry, entry, stop } from './entry.ts';

/** Errors that no service said: Rewrap refused. (Those of the disk are intake's, with their paths.) */
export const OWN = {
  RegionMissing: entry(
    'No Region is known for this connection.',
    ['Neither the connection, nor the profile, nor AWS_REGION names one.'],
    'Choose a Region, or set "region" in the profile.',
  ),
  ProxyRefused: stop(
    entry(
      'The proxy refused the connection.',
      ['HTTPS_PROXY names a proxy that does not let this host through, or asks for a password.'],
      'Check HTTPS_PROXY and NO_PROXY, then start Rewrap again.',
    ),
  ),
  ProxyUnusable: stop(
    entry(
      'The proxy of the environment cannot be used.',
      ['HTTPS_PROXY, HTTP_PROXY or ALL_PROXY holds an address that cannot be read, or names a SOCKS proxy.'],
      'Write it as http://HOST:PORT, or unset it.',
    ),
  ),
  CaBundleUnreadable: stop(
    entry(
      'The file of certificate authorities cannot be read.',
      ['AWS_CA_BUNDLE, or ca_bundle in the profile, names a file that is missing or holds no certificate.'],
      'Correct the path, or take it out to use the system default.',
    ),
  ),
  FipsNeedsRegionEndpoint: stop(
    entry(
      'A FIPS endpoint was asked for together with an endpoint of your own.',
      ['FIPS endpoints are those of the Region.'],
      'Choose one of the two.',
    ),
  ),
  EndpointInvalid: stop(
    entry(
      'A configured endpoint is no http address.',
      ['The URL is mistyped, or has another scheme than http:// or https://.'],
      'Write it as in https://kms.eu-central-1.amazonaws.com, or take it out.',
    ),
  ),
  SsoCodeExpired: entry(
    'The sign-in code was not used in time.',
    ['A code is good for about ten minutes.'],
    'Sign in again; a new code is shown.',
  ),
  SsoSignInRefused: entry(
    'The sign-in was refused.',
    [
      'The request was denied in the browser.',
      'The person who signed in is not assigned to the application in IAM Identity Center.',
    ],
    'Sign in again and allow the request.',
  ),
  SsoServiceRefused: entry(
    'The sign-in service refused the request.',
    [
      'sso_start_url or sso_region of the profile is wrong.',
      'A proxy stands between this machine and the service.',
    ],
    'Check sso_start_url and sso_region in the AWS config file against what your administrator gave you.',
  ),
  SsoAnswerUnexpected: entry(
    'The sign-in service gave no address of a web page.',
    ['The endpoint is not IAM Identity Center.', 'Something stands between this machine and the service.'],
    'Check sso_region and the endpoint of SSO OIDC in the profile and the environment.',
  ),
  SsoCacheUnwritable: entry(
    'The sign-in cache ~/.aws/sso/cache cannot be written.',
    [
      'The folder belongs to another user, is read-only, or the disk is full. The AWS CLI and the SDKs keep SSO sessions there; Rewrap keeps them nowhere else.',
    ],
    'Make the folder writable for your user, then sign in again.',
  ),
  PracticeUnavailable: entry(
    'The practice KMS is not running.',
    ['It could not be started, or has ended.'],
    'Start Rewrap again; if it persists, see the message at start.',
  ),
  FileChanged: entry(
    'The file changed since it was read.',
    [
      'Something else wrote to it: an editor, a deployment, or a run of Rewrap on another computer or by another user, which the journal here does not have.',
    ],
    'The file was left as it is. Look at it, then add it again. If another run re-encrypted it, there is nothing left to do.',
  ),
  NoFileToReplace: entry(
    'Pasted text has no file to replace.',
    [],
    'Choose a folder for the output, or take the result by download or copy.',
  ),
  InArchive: entry(
    'The file stands in an archive, which Rewrap reads and does not write.',
    ['A new archive would have other sizes, dates and checksums than the one that people know.'],
    'Write into a folder (--out): the file goes there under its own name. Then make the archive anew.',
  ),
  DatabaseLog: entry(
    'A program was stopped in the middle of a change of the database, or its log cannot be read.',
    [
      'The journal beside the database says what is to be taken back when it is next opened; the rows cannot be relied on before that.',
    ],
    'Open the database once with its own program, or with `sqlite3 FILE .schema`; stop the program, and add the file again.',
  ),
  DatabaseInUse: entry(
    'Another program has the SQLite database open, and it was left as it is.',
    [
      'Its rows are changed in one transaction that no other program takes part in. In write-ahead mode a program that only has it open is enough to prevent that.',
    ],
    'Stop what uses the database, then run once more. Or write into a folder (--out).',
  ),
  PlaintextInFile: entry(
    'The file holds plaintext beside its ciphertext.',
    ['It is the output of a command that prints a Plaintext member; Rewrap never copies one.'],
    'Take the Plaintext member out of the file, or write into a folder: the new file leaves it out.',
  ),
  PossiblePlaintextInFile: entry(
    'A value beside the ciphertext may be its plaintext.',
    ['It has the size of the data key and no name: a key in clear, or a digest. A copy would hold it, too.'],
    'Take it out or give it a name, or allow the copy: a switch in the sheet, --allow-possible-plaintext in a shell.',
  ),
  PlaintextTooLong: entry(
    'The plaintext is too long for the destination.',
    ['An RSA or SM2 key encrypts only a short plaintext.'],
    'Choose a symmetric destination key, or a larger RSA key or the SHA-1 variant where it fits.',
  ),
  SopsNeedsSymmetricKey: entry(
    'SOPS opens a data key only with a symmetric KMS key.',
    ['it calls Decrypt without an algorithm: under an RSA or SM2 key the file would be lost to it.'],
    'Choose a symmetric destination key for SOPS files, or leave them out.',
  ),
  NotPutBack: entry(
    'A new blob could be made, but must not be put back here.',
    [],
    'Choose the blob: the inspector says why, and what to do instead. In a shell: rewrap inspect FILE --json.',
  ),
  DestinationArnUnknown: entry(
    'The encryption context of this blob must name the destination key, and its ARN is not known.',
    ['The destination was given by alias or id, and kms:DescribeKey on it is not allowed.'],
    'Name the destination by its key ARN, or give its encryption context yourself.',
  ),
  NotReencryptable: entry(
    'KMS cannot re-encrypt this.',
    [],
    'Choose it: the inspector says what it is, and what to do instead. In a shell: rewrap inspect FILE --json.',
  ),
  ContextChoiceInvalid: entry(
    'The context of the source cannot be asked for as “the same as the source”.',
    ['Only the context of the destination can be made from that of the source.'],
    'Give the source context pair by pair, or take the one that the file declares.',
  ),
  SourceKeyNeeded: entry(
    'An asymmetric source needs its key.',
    ['RSA and SM2 ciphertext does not say which key made it, so KMS needs its name.'],
    'Choose the source key, and its algorithm.',
  ),
  ReplyUnexpected: entry(
    'The answer of KMS does not agree with what was asked.',
    ['The endpoint is an emulator that works differently from KMS.'],
    'Check the endpoint. The file was left as it is.',
  ),
  FirstFileDone: entry(
    'The first file is done. The run waits for you to look at it, because its endpoint is not one of AWS.',
    ['An endpoint that is not AWS’s may return ciphertext that no key opens, and say that it verified it.'],
    'Check that the first file still opens where it is used, then resume. Its original is kept as a backup beside it; undo puts it back.',
  ),
  KeyUnchanged: entry(
    'The new blob is still under the key material of the old one.',
    [
      'The endpoint did not re-encrypt it: it sent the old blob back with other bytes.',
      'Something between this machine and KMS changes replies.',
    ],
    'Do not use this endpoint until you know why it answers so; check the endpoint of the connection. The file was left as it is.',
  ),
  KeyMaterialMismatch: stop(
    entry(
      'The new blob is not under the key material that the destination key is known to have.',
      [
        'The endpoint is not KMS, or something between this machine and KMS mixes replies up.',
        'The key was rotated, and kms:DescribeKey on it is not allowed, so that Rewrap cannot see that.',
      ],
      'Check the endpoint of the connection, and in CloudTrail what the request id did. If the key was rotated, allow kms:DescribeKey on it. Then start a new run for what is left. The file was left as it is.',
    ),
  ),
  AttributesUnseen: entry(
    'Access control lists and extended attributes of the files that were replaced may be lost.',
    [
      'Only GNU tar sees whether a file has any, or capabilities or an SELinux label of its own, and it is not installed here. Mode, owner and group are kept.',
    ],
    'If your files have any (getfacl, getfattr), copy them from the backups, and install GNU tar before the next run.',
  ),
  VerifyFailed: entry(
    'The new ciphertext does not open under the destination.',
    ['The endpoint is an emulator that works differently from KMS.', 'The key was changed during the run.'],
    'Try again; if it persists, do not trust this endpoint. The file was left as it is.',
  ),
  VerifyNotPermitted: entry(
    'The new ciphertext could not be verified: you may not open blobs of the destination key.',
    ['kms:ReEncryptFrom on the destination key is missing; the dry run that verifies needs it.'],
    'Allow kms:ReEncryptFrom (beside kms:ReEncryptTo) on the destination key, or switch verification off. The file was left as it is.',
  ),
  PutBackMismatch: entry(
    'The new file does not read back as it should.',
    ['Rewrap met a file that it does not put back correctly: a defect.'],
    'Write into a folder and report the defect. The file was left as it is.',
  ),
  FileHeldBack: entry(
    'The file was left as it is because another of its blobs failed.',
    ['A file is replaced once, when all its chosen blobs are ready.'],
    'Repair the blob that failed, or leave it out, then run again.',
  ),
  Cancelled: entry('The run was cancelled before this blob.', [], 'Start a new run for what is left.'),
  RunStopped: entry(
    'The run stopped before this blob.',
    [],
    'Repair what stopped the run, then start a new one for what is left.',
  ),
  TwoStepChildEnded: stop(
    entry(
      'The process that decrypts and encrypts ended before its work was done.',
      ['It was killed, by a person or for want of memory.', 'It could not be started.'],
      'Resume the run, or start a new one for what is left. The plaintext went with the process; every file is wholly old or wholly new.',
    ),
  ),
  RunProcessEnded: entry(
    'The process that worked on its file ended three times before the file was done.',
    ['It was killed, by a person or for want of memory.', 'Something in the file makes it end.'],
    'Try the blob again in a run by one process. Its file is as it was.',
  ),
  RunProcessesUnavailable: stop(
    entry(
      'No process of the run can be started.',
      ['The system has no memory or no process left.', 'A part of Rewrap is missing from its folder.'],
      'Resume the run, or cancel it and start one by one process. Every file is wholly old or wholly new.',
    ),
  ),
  TwoStepUnavailable: entry(
    'Decrypting here and encrypting there is not possible on this host.',
    ['It needs a child process, which this host cannot start.'],
    'Use the desktop application, "rewrap serve" or "rewrap reencrypt".',
  ),
  TwoStepNeedsTls: entry(
    'The endpoint would be sent plaintext in clear.',
    ['Its URL begins with http://, and it is not on this machine.'],
    'Use an https:// endpoint for decrypting here and encrypting there.',
  ),
  PlaintextEchoed: stop(
    entry(
      'The destination endpoint sent the plaintext back.',
      ['It is not KMS: KMS never does so.'],
      'Do not use this endpoint. What it sent was dropped; the file was left as it is.',
    ),
  ),
  AlreadyThere: entry(
    'The blob is as asked already: under the destination key’s current key material, with the same context.',
    ['KMS named its key material in an earlier reply.'],
    'Nothing is to be done. To send it all the same, switch off "Skip blobs that KMS has shown to be as asked already" under More.',
  ),
  DoneBefore: entry(
    'An earlier run re-encrypted this blob as is asked now.',
    ['Its file has the content that this run wrote.'],
    'Nothing is to be done.',
  ),
  UndoUnfinished: entry(
    'A run of these files was being undone, and that was cut off.',
    [],
    'Undo that run again, in Runs or with `rewrap runs undo RUN`: that finishes it. Then start again.',
  ),
  FilesInUse: entry(
    'Files of this run are being worked on by another run.',
    ['The other run is under way, or paused, here or in another Rewrap.'],
    'Wait until it has ended, or cancel it in Runs, then start again.',
  ),
  UndoStopped: entry(
    'Undoing stopped before its end.',
    ['Rewrap was closed.'],
    'Undo the run again. What was restored stays; every file is wholly old or wholly new.',
  ),
  RunBusy: entry(
    'That run is busy.',
    ['It is under way, or being resumed, undone, closed or tried again.'],
    'Wait until that has ended, or cancel it in Runs, then try again.',
  ),
  RunElsewhere: entry(
    'Another Rewrap has this run.',
    ['It is under way, or paused, in another window or shell.'],
    'Resume it there, or close that Rewrap first.',
  ),
  RunGone: entry(
    'That run is no longer kept.',
    ['Old preflights are discarded.'],
    'Start it again from the blobs, if it is still wanted.',
  ),
  RunAmbiguous: entry(
    'The ids of several runs begin like that.',
    [],
    'Give more of the id: `rewrap runs` lists each in full.',
  ),
  RunNotOpen: entry(
    'That run cannot be resumed or closed.',
    ['It finished, or was cancelled or closed already.'],
    'Runs shows its state, and offers a retry where blobs failed.',
  ),
  GrantTokensNeeded: entry(
    'That run used grant tokens, which Rewrap deleted when it ended.',
    ['Grant tokens are kept for as long as a run lasts.'],
    'Give the grant tokens again, or try without: a grant needs none a few minutes after it was made. In a shell: rewrap runs retry RUN --grant-token TOKEN, or --no-grant-tokens.',
  ),
  NothingToCompare: entry(
    'No blob of that run can be compared.',
    ['Only new ciphertext that stands in its file is compared with the original.'],
    'Choose a run that re-encrypted something and was not undone.',
  ),
  CompareBusy: entry(
    'The plaintexts of that run are being compared already.',
    [],
    'Wait for it, or stop it and start again.',
  ),
  BlobNotThere: entry(
    'The original or the new blob is not on disk any more.',
    ['A run in place without a backup keeps no original; a file may have changed or been moved since.'],
    'Compare soon after a run, and keep backups until then.',
  ),
  NothingToRetry: entry(
    'No blob of that run is left to be tried again.',
    ['Each was re-encrypted, or fails again whatever is tried.'],
    'Look at the record of the run; for other blobs, or under other terms, start a new run.',
  ),
  AgreeAnew: entry(
    'A run that decrypts here and encrypts there does not resume by itself.',
    [
      'Plaintext would be in the memory of this machine again, and a person agrees to that anew for each run.',
    ],
    'Agree to it in Runs and resume it there; in a shell: rewrap runs resume RUN --decrypt-here --accept-plaintext-in-memory. What was done stands.',
  ),
  CannotUndo: entry(
    'That run cannot be undone.',
    ['It kept no backups.', 'It is still under way, or was undone already.'],
    'Re-encrypt back to the former key, where that still exists.',
  ),
  ChangedSince: entry(
    'The file changed after this run, and was left as it is.',
    ['A later run, or another program, wrote to it.'],
    'Look at the file. Its backup, where one was kept, is still beside it.',
  ),
  BackupGone: entry(
    'The backup is missing or is not what it was, and the file was left as it is.',
    ['It was removed or changed.'],
    'If you need the old content, restore it from a backup of your own.',
  ),
  SourceGone: entry(
    'Pasted, uploaded and unpacked content is kept only until Rewrap closes.',
    [],
    'Add it again, then start a new run.',
  ),
  OtherConnection: entry(
    'Rewrap is connected to another account, Region or endpoint than the one this run started with.',
    ['The connection was changed.'],
    'Connect to the same account and Region as before, then resume.',
  ),
  JournalFailed: entry(
    'The journal of runs could not be written.',
    ['The disk with Rewrap’s own data is full or read-only.'],
    'Free some space there, then resume. Files that were not replaced yet are as they were.',
  ),
  Internal: entry(
    'Rewrap failed inside.',
    ['A defect of Rewrap.'],
    'Report it with what you did. The file was left as it is.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type OwnCode = keyof typeof OWN;

/** The entry of a fault's code, where the catalogue has one. */
export function catalogueEntry(code: string): CatalogueEntry | null {
  if (Object.hasOwn(CATALOGUE, code)) return CATALOGUE[code as ServiceCode];
  if (Object.hasOwn(OWN, code)) return OWN[code as OwnCode];
  return null;
}
