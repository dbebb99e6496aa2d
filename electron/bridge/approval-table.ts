import type { MethodName } from '#shared/contract/api.ts';
import type { ApprovalKind } from '../services/approvals/index.ts';

interface ApprovalRule {
  /** What of it needs an approval; none: it is free. */
  readonly asks: readonly ApprovalKind[];
  /** When it asks, or why it need not. */
  readonly why: string;
}

const free = (why: string): ApprovalRule => ({ asks: [], why });
const asks = (kinds: readonly ApprovalKind[], why: string): ApprovalRule => ({ asks: kinds, why });

const READS = free('Reads what Rewrap has; changes and sends nothing.');
const ASKS_KMS = free('Asks KMS over the connection in use; decrypts and changes nothing.');
const OWN_VIEW = free('Changes what this window shows; no file, no request to KMS.');
const RUN: readonly ApprovalKind[] = ['foreign-key', 'decrypt-here', 'unverified', 'no-backup'];
const CONNECTION: readonly ApprovalKind[] = ['endpoint', 'credential-process'];

/**
 * Which requests of the page a person approves outside it. The engine asks with what it resolved (`services/approvals/approvals.ts`);
 * a request that is not in this table does not compile, and fails a test.
 */
export const APPROVALS: Readonly<Record<MethodName, ApprovalRule>> = {
  'app.state': READS,
  'app.licences': READS,
  'app.look': READS,
  'app.setLook': OWN_VIEW,
  'app.table': READS,
  'app.setTable': OWN_VIEW,
  'app.pageState': READS,
  'app.setPageState': OWN_VIEW,
  'app.preferences': READS,
  'app.setPreferences': free(
    'What a new run is filled in with: a run that is less safe for it, without a backup, asks all the same.',
  ),
  'app.dataFolder': READS,
  'app.chooseDataFolder': free(
    'The dialog of the host is the approval; it holds from the next start, and nothing is moved or removed.',
  ),
  'app.endOtherSessions': free(
    'Ends sessions, gives none; each comes back by an address or code of the terminal.',
  ),
  'app.ready': free('Says that the page listens.'),
  'app.copyDiagnostics': free('Text without names of files, keys, accounts or persons.'),

  'intake.choose': free('The dialog of the host is the approval.'),
  'intake.paste': free(
    'With null the host reads the clipboard and keeps the ciphertext found; the page gets no other text of it.',
  ),
  'intake.rescan': free('Reads again what a person added, and lets go of what is gone.'),
  'intake.clear': free('Takes entries off the list; files, backups and runs stay.'),

  'blobs.list': READS,
  'blobs.changes': READS,
  'blobs.sources': READS,
  'blobs.inspect': READS,
  'blobs.reveal': free('Shows a file of the list in the file manager.'),
  'blobs.drag': free(
    'Ciphertext of the list, in a private folder of the host; a person drags it on, or lets go of it.',
  ),
  'blobs.save': free('The save dialog of the host, or a download: ciphertext of the list.'),
  'blobs.selection': READS,
  'blobs.select': free('Remembers what is selected; what is done with it is asked for by itself.'),

  'keyGroups.list': READS,
  'keyGroups.name': free(
    'A label, shown as a label of a person; what KMS says outranks it, no run decides by it, and it can be taken back.',
  ),
  'keyGroups.findKey': free('DryRun requests over the connection in use; nothing is decrypted.'),

  'connection.profiles': free('Names, Regions and methods of profiles, no secret.'),
  'connection.use': asks(
    CONNECTION,
    'An endpoint that neither AWS configuration nor the start of the host named; the first run of a credential_process.',
  ),
  'connection.state': READS,
  'connection.renew': asks(CONNECTION, 'A connection that was never made is made: as connection.use.'),
  'connection.useDestination': asks(CONNECTION, 'As connection.use.'),
  'connection.destination': READS,
  'connection.signIn': free(
    'Opens the sign-in page of a profile of AWS configuration; the person signs in there, and the token stays in the cache of the AWS CLI.',
  ),
  'connection.cancelSignIn': free('Ends a sign-in under way.'),
  'connection.openSignIn': free('Opens only the address of the sign-in under way, on hosts that AWS serves.'),
  'connection.answerMfa': free(
    'A code goes to STS alone, for a session of a connection that was allowed. A wrong one ends its connecting.',
  ),
  'connection.waiting': READS,

  'keys.list': ASKS_KMS,
  'keys.describe': ASKS_KMS,
  'keys.detail': ASKS_KMS,

  'output.chooseFolder': free('The dialog of the host is the approval.'),
  'output.reveal': free('Shows a file of a run in the file manager.'),

  'runs.start': asks(
    [...RUN, 'continue'],
    'A key of another account or that cannot be described; decrypting here; no verification; in place without backup; over an endpoint that is not one of AWS, after the first file of another run that was not gone on with. Not a dry run.',
  ),
  'runs.get': READS,
  'runs.list': READS,
  'runs.items': READS,
  'runs.item': READS,
  'runs.results': READS,
  'runs.record': READS,
  'runs.change': READS,
  'runs.cancel': free('Stops; each file is wholly old or wholly new.'),
  'runs.pause': free('Sends nothing new until gone on with.'),
  'runs.resume': asks(
    [...RUN, 'continue'],
    'Nothing under the terms that were approved when it started, over the same connection; else as runs.start. After the first file on an endpoint that is not one of AWS.',
  ),
  'runs.retry': asks([...RUN, 'continue'], 'As runs.resume.'),
  'runs.compare': asks(['compare'], 'Decrypts on this machine, in the two-step child: each time.'),
  'runs.stopCompare': free('Ends what decrypts; changes nothing.'),
  'runs.undo': asks(['undo'], 'Changes files back, or removes them: each time.'),
  'runs.resultText': free('Ciphertext that a run has made.'),
  'runs.download': free('Ciphertext that a run has made, at an address that works once.'),

  'plans.select': READS,
  'plans.save': free(
    'The save dialog of the host, or a download: a plan holds no ciphertext and runs nothing.',
  ),
  'plans.shard': free(
    'The folder dialog of the host, or a download: a new folder of plans, which hold no ciphertext and run nothing.',
  ),
  'plans.command': free('Text to copy: names the files and keys that the request names; runs nothing.'),
  'plans.open': free('The dialog of the host is the approval.'),
  'plans.list': READS,
  'plans.view': READS,
  'plans.check': free('Reads the files of the plan, and describes its key.'),
  'plans.compare': READS,
  'plans.run': asks(
    [...RUN, 'continue', 'plan-file'],
    'As runs.start; and a plan that was dropped or uploaded, not picked in a dialog or named at the start.',
  ),
  'plans.close': OWN_VIEW,

  'preflight.permissions': free('DryRun requests without any ciphertext; nothing is decrypted.'),

  'practice.restoreVault': free('Writes sample files in the folder of the practice KMS, which is of Rewrap.'),

  'audit.summary': READS,
  'audit.findings': READS,
  'audit.members': READS,
  'audit.rowFindings': READS,
  'audit.deletion': READS,
  'audit.deletionGate': free(
    'DryRun requests over the connection in use, and git history as audit.gitHistory reads it; nothing is decrypted.',
  ),
  'audit.askKeys': ASKS_KMS,
  'audit.suppress': free(
    'Needs a reason and a date, is in the history and in each report, and changes no run.',
  ),
  'audit.unsuppress': free('A finding counts again; in the history.'),
  'audit.gitHistory': free(
    'Runs git, read-only, in repositories that were added; a repository cannot make it do anything else.',
  ),
  'audit.rules': READS,
  'audit.tryRules': READS,
  'audit.setRules': free(
    'Judges by other rules; in the history and named in each report, and changes no run.',
  ),
  'audit.campaignView': READS,
  'audit.saveText': free(
    'The save dialog of the host, or a download; only rules and snapshots that read as such.',
  ),
  'audit.export': free('The save dialog of the host, or a download of a report.'),

  'history.list': READS,
  'history.find': READS,
  'history.verify': READS,
};
