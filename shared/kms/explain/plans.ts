import { entry } from './entry.ts';

/** Errors about plans, shards and bundles of evidence. Each is thrown with its case. */
export const PLANS = {
  NoPlan: entry(
    'The file is no plan of Rewrap.',
    ['It is damaged, of a newer Rewrap, or another file.'],
    'Make one from the re-encrypt sheet, or with: rewrap plan PATH… --to KEY -o FILE',
  ),
  NoCommand: entry(
    'No command of a shell does exactly what is chosen here.',
    ['The blobs are chosen one by one, or were pasted.'],
    'Save a plan and run it with: rewrap run PLAN',
  ),
  PlanUnreadable: entry(
    'A plan file cannot be read.',
    ['Its name is mistyped, or your user may not read it.'],
    'Check its name and permissions.',
  ),
  PlanGone: entry('That plan is no longer open.', ['The window was loaded again.'], 'Open its file again.'),
  PlanEmpty: entry(
    'Nothing of this plan is left to run.',
    ['Its blobs are re-encrypted already, or their files changed.'],
    'Choose the blobs again and make a new plan.',
  ),
  PlanNeedsFiles: entry(
    'None of these blobs has a file that a plan could name.',
    ['They were pasted.'],
    'Choose blobs of files.',
  ),
  PlanNeedsOutput: entry(
    'A plan says where the new files go: in place, or into a folder.',
    ['A download belongs to one window and cannot be planned.'],
    'Choose another output, then save the plan.',
  ),
  PlanNotSaved: entry(
    'The plan could not be written.',
    ['The folder does not exist or cannot be written.'],
    'Name another file.',
  ),
  PlanNotTwoStep: entry(
    'A run that decrypts here and encrypts there cannot be planned.',
    ['It is agreed to for one run at a time.'],
    'Run it from the sheet, or with rewrap reencrypt.',
  ),
  PlanOutputNotHere: entry(
    'The output folder of the plan does not exist on this host.',
    ['The plan was made on another machine.'],
    'Make a plan here.',
  ),
  PlanRootNeeded: entry(
    'The plan names its files by relative paths, and no folder that they start from.',
    ['Its files were uploaded to where it was made.'],
    'Give the folder with --root.',
  ),
  NoShards: entry(
    'The folder holds no shards, or shards of another plan.',
    ['Its list of shards is missing, or a file was renamed.'],
    'Make them with: rewrap plan shard PLAN --shards N -o DIR',
  ),
  IsShard: entry(
    'The plan is itself a shard of another one.',
    ['A shard of a shard could not be merged with the rest.'],
    'Split the whole plan again, into more shards.',
  ),
  RateTooLow: entry(
    'The rate is too low for so many shards.',
    ['Each shard gets its share of one request rate.'],
    'Make fewer shards, or give a higher --rate.',
  ),
  ShardElsewhere: entry(
    'Another process has this shard.',
    ['A scheduler started it twice, or a process that ended badly still holds it for a short while.'],
    'Wait until the other process has ended, or 15 seconds after one that was killed, then start the same command again.',
  ),
  StateNotWritable: entry(
    'The folder that keeps the state of the shards cannot be used.',
    ['It does not exist on this machine, or your user may not write there.'],
    'Name a folder that every machine of the job can write.',
  ),
  StateOfOtherPlan: entry(
    'The state in that folder belongs to another plan.',
    ['Two jobs were given one folder, or the plan was made anew.'],
    'Name another folder for each plan.',
  ),
  HistoryNotSaved: entry(
    'The merged history could not be written.',
    ['The disk is full, or the folder cannot be written.'],
    'Free some space, or name a folder on another disk.',
  ),
  ShardsNotWritten: entry(
    'The shards could not be written.',
    ['The disk is full, or the folder cannot be written.'],
    'Free some space, or name a folder on another disk.',
  ),
  NoSuchKeyName: entry(
    'A rule names a key that is no key id, ARN or alias.',
    ['It is mistyped, or lacks alias/.'],
    'Write the ARN or id of the key, or its alias with alias/ in front.',
  ),
  KmsNotAsked: entry(
    'Only KMS can say which blobs have that finding, and it was not asked.',
    ['There is no connection.'],
    'Connect to KMS (in a shell: --profile, --region or --practice), then choose again.',
  ),
  NoRulesInUse: entry(
    'Only a rules file can forbid that, and none is in use.',
    ['The finding comes from rules.'],
    'Use a rules file, or choose by another finding.',
  ),
  MadeByNewer: entry(
    'The journal of runs was made by a newer Rewrap.',
    ['Nothing in it was changed.'],
    'Use the newer Rewrap, or let REWRAP_HOME name another folder.',
  ),
  Full: entry(
    'A list is full.',
    ['There is a limit, so that memory lasts.'],
    'Remove what is no longer needed, then try again.',
  ),
  // Evidence.
  BadSigningKey: entry(
    'A bundle of evidence cannot be signed with that key.',
    [
      'The file is no private key in PEM form, or has a passphrase.',
      'The KMS key is not for signing, or is of a kind that is not supported.',
    ],
    'Name a PEM file of kind EC, RSA or Ed25519 without passphrase, or a KMS key with usage SIGN_VERIFY.',
  ),
  CannotRead: entry(
    'A file that was named cannot be read.',
    ['Its name is mistyped, or your user may not read it.'],
    'Check its name and permissions.',
  ),
  NameInUse: entry(
    'The bundle has a part of that name already.',
    ['Two files of one name were added.'],
    'Give one of the files another name.',
  ),
} as const;
