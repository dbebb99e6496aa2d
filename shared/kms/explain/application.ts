import { entry, retry } from './entry.ts';

/** Errors about Rewrap's own parts: requests, hosts, connections, approvals, audits. Each is thrown with its case. */
export const APPLICATION = {
  // Requests and hosts.
  BadUsage: entry(
    'The command has an option or a value that Rewrap does not accept.',
    ['An option is unknown, missing or given twice, or does not go with another one.'],
    'See the options and examples of `rewrap COMMAND --help`.',
  ),
  BadRequest: entry(
    'A request is not of the form that Rewrap expects.',
    ['The page is of another version than the host, or was changed.'],
    'Reload the window. If it happens again, report it.',
  ),
  BadMethod: entry(
    'A request used an HTTP method that the host does not accept.',
    ['Something other than the page of Rewrap sent it.'],
    'Open the address that the host printed.',
  ),
  WrongHost: entry(
    'A request named another host than this one.',
    ['A page of another site tried to reach Rewrap.'],
    'Open the address that the host printed, and close pages that you do not trust.',
  ),
  WrongOrigin: entry(
    'A request came from another page than that of Rewrap.',
    ['A page of another site tried to reach Rewrap.'],
    'Open the address that the host printed, and close pages that you do not trust.',
  ),
  UnknownRequest: entry(
    'There is no such request.',
    ['The page is of another version than the host.'],
    'Reload the window.',
  ),
  ForeignSender: entry(
    'A request did not come from the Rewrap window.',
    ['Only the page that Rewrap itself loaded may ask for anything.'],
    'Close the window and open Rewrap again.',
  ),
  TooLarge: entry(
    'A message is too large to send in one go.',
    ['A message has a limit, so that no page can fill the memory.'],
    'Save the text as a file and add that instead.',
  ),
  TooManyRequests: retry(
    entry(
      'The page asked for too many things at once.',
      ['Many requests are under way.'],
      'Wait a moment, then try again.',
    ),
  ),
  BatchTooLarge: entry(
    'Too much was dropped at once.',
    ['The loopback host takes a limited number of files in one go.'],
    'Drop it in parts, or name the folder: `rewrap serve PATH`.',
  ),
  InboxFull: entry(
    'The uploads of this session take up all the space that they may.',
    ['The loopback host keeps uploaded files until the session ends.'],
    'Remove files from the list, or name the folder: `rewrap serve PATH`.',
  ),
  DownloadTooLarge: entry(
    'The files are too large for one download.',
    ['A download is held in memory.'],
    'Start the host with an output folder (`rewrap serve --out DIR`) and run into that.',
  ),
  UploadThreadEnded: retry(
    entry(
      'The part of Rewrap that looks through uploaded files ended.',
      ['The file was too much for it; nothing of it was written.'],
      'Add the file again, or start the host with its folder: `rewrap serve PATH`.',
    ),
  ),
  NotOnThisHost: entry(
    'This host cannot do that.',
    ['A page in a browser must not name folders and open dialogs of the machine that Rewrap runs on.'],
    'Name files and folders where the host starts (`rewrap serve PATH --out DIR`), or use the desktop application.',
  ),
  NotOffered: entry(
    'The desktop application offers no downloads.',
    ['It writes new files in place or into a folder that you choose.'],
    'Choose a folder as the output.',
  ),
  HostStopped: retry(
    entry(
      'The Rewrap host stopped.',
      ['Its terminal was closed, or the session was taken over by another window.'],
      'Start it again and open the new address.',
    ),
  ),
  HostUnavailable: retry(
    entry(
      'The Rewrap host does not answer.',
      ['It was stopped, or the machine slept.'],
      'Start it again and open the new address.',
    ),
  ),
  EngineStopped: retry(
    entry(
      'The part of Rewrap that does the work stopped.',
      ['A defect, or want of memory. Every file is wholly old or wholly new.'],
      'Rewrap starts it again by itself. A run that was under way can be resumed in Runs.',
    ),
  ),
  EngineFailed: entry(
    'The part of Rewrap that does the work stopped again and again.',
    ['A defect, or want of memory. Every file is wholly old or wholly new.'],
    'Copy the diagnostics for a report, then start Rewrap again. Runs kept their place.',
  ),
  CannotStart: entry(
    'Rewrap could not start.',
    ['The installation is incomplete, or Node is too old.'],
    'Install Rewrap again. The command needs Node 24 or newer; in a clone, `npm run rewrap` brings its own.',
  ),
  WindowFails: entry(
    'The window failed again and again.',
    ['The graphics driver failed, or Rewrap has a defect.'],
    'Start Rewrap again. A run that was under way can be resumed in Runs.',
  ),
  NoSandbox: entry(
    'The system gives Rewrap no sandbox for its window, and it does not start without one.',
    [
      'Ubuntu 24.04 and later allow user namespaces to programs with an AppArmor profile alone, which an AppImage cannot bring.',
    ],
    'Install the .deb or .rpm instead.',
  ),
  NoHome: entry(
    'REWRAP_HOME names no folder.',
    ['It names a file, or a folder that cannot be made.'],
    'Set it to a folder, or unset it.',
  ),
  DataFolderNotPrivate: entry(
    'Other users can read the data folder of Rewrap.',
    ['Its permissions were changed, or it lies on a disk that has none.'],
    'Make it private (chmod 700), or let REWRAP_HOME name a folder of your own.',
  ),
  DataFolderGone: entry(
    'The data folder that was chosen in Settings is not there.',
    [
      'Its disk is not connected.',
      'The folder was moved or deleted.',
      'The file that names it is damaged, cannot be read, or was made by a newer version.',
    ],
    'Make its disk available, or delete the file that the message names. Then start Rewrap again.',
  ),
  DataFolderFixed: entry(
    'REWRAP_HOME names the data folder of this start.',
    ['A choice in Settings would not hold.'],
    'Start Rewrap without REWRAP_HOME, then choose.',
  ),
  PageNotBuilt: entry(
    'The user interface is missing.',
    ['Rewrap was started from its source and not built.'],
    'Run `npm run build`, then start again.',
  ),
  PortInUse: entry(
    'The port is in use.',
    ['Another program, or another Rewrap, listens there.'],
    'Start with another --port, or --port 0 for any free one.',
  ),
  PortRefused: entry(
    'The system does not let you listen on that port.',
    ['Ports below 1024 are for administrators.'],
    'Use a port above 1023.',
  ),
  ListenFailed: entry(
    'Rewrap cannot listen on this machine.',
    ['The loopback interface is down.'],
    'Check that 127.0.0.1 is up.',
  ),
  CannotListen: entry(
    'The practice KMS cannot listen on this machine.',
    ['The port is in use, or the loopback interface is down.'],
    'Name another port, or 0 for any free one.',
  ),
  NotLoopback: entry(
    'The practice KMS listens on this machine alone.',
    ['Its keys are examples and protect nothing.'],
    'Use 127.0.0.1.',
  ),
  PracticeStateUnusable: entry(
    'The keys of the practice KMS cannot be read.',
    ['Its folder is damaged, or of another version.'],
    'Name another folder with --state, or delete this one: practice keys protect nothing.',
  ),
  BadPracticeFaults: entry(
    'The faults that the practice KMS is to make cannot be read.',
    ['Their file is no JSON of that form.'],
    'Correct the file.',
  ),
  BadRegion: entry(
    'That is not the name of a Region.',
    ['A Region is written as in "eu-central-1".'],
    'Correct it.',
  ),
  NoBrowser: entry(
    'The browser could not be opened.',
    ['The system has none, or did not start it.'],
    'Copy the address, open it in a browser of any machine, and enter the code.',
  ),
  ClipboardEmpty: entry(
    'There is no text on the clipboard.',
    ['Rewrap reads ciphertext from the clipboard as text: base64, hex or JSON.'],
    'Copy the ciphertext, then paste again.',
  ),
  PrintFailed: entry(
    'The PDF could not be made.',
    ['The system has no printer service, or the disk is full.'],
    'Save the HTML report and print it from a browser.',
  ),
  // Connections.
  NotConnected: entry(
    'Rewrap is not connected.',
    ['No connection was chosen, or the last one failed.'],
    'Choose the practice KMS or an AWS profile in the connection switch.',
  ),
  NotPractice: entry(
    'The sample vault belongs to the practice KMS.',
    ['Rewrap is connected to AWS.'],
    'Connect to practice first.',
  ),
  EndpointRefused: entry(
    'That endpoint is not used.',
    ['It holds a password, is plain HTTP to another machine, or is no web address.'],
    'Give an https: address without user name, password and query. Plain http: works for an emulator on this machine.',
  ),
  MfaGone: entry(
    'Nothing waits for this code any more.',
    ['It was answered in another window, or the connection was changed.'],
    'Connect again if a code is still needed.',
  ),
  NoSignIn: entry('No sign-in is under way.', ['It has ended or was cancelled.'], 'Sign in again.'),
  NotASignInPage: entry(
    'The address of the sign-in page is not one of AWS.',
    ['Rewrap opens pages of IAM Identity Center and of sso_start_url by itself, and nothing else.'],
    'If you know the address, copy it and open it yourself. Otherwise cancel, and check sso_region.',
  ),
  // Approvals.
  NotApproved: entry(
    'This needs an approval outside the page, and there was none.',
    ['The answer was No, nothing was answered in time, or no terminal or dialog is there to ask in.'],
    'Ask again and answer Yes, or start the host with the flag that allows it.',
  ),
  ApprovalOutdated: entry(
    'What was approved is not what would be done now.',
    ['The connection or the destination key changed while the question was open. Nothing was done.'],
    'Look at it again, then start it anew.',
  ),
  ApprovalPending: retry(
    entry(
      'Another question waits for your answer outside the page.',
      ['Rewrap asks one question at a time.'],
      'Answer it in the dialog or in the terminal, then ask again.',
    ),
  ),
  ApprovalsPaused: retry(
    entry(
      'Rewrap asks for no approval for a while.',
      ['Several were declined within a minute: a page that keeps asking may not be acting for you.'],
      'Wait a minute, then ask again.',
    ),
  ),
  // Audits.
  BadRules: entry(
    'The rules file is not of the form that Rewrap reads.',
    ['A name is mistyped, or a value has another type.'],
    'Correct it; `rewrap audit --rules-schema` prints its schema.',
  ),
  BadCampaign: entry(
    'The campaign file is not of the form that Rewrap reads.',
    ['A name is mistyped, or one is missing.', 'A value has another type.'],
    'Correct it: version: 1, name, target, owners and deadline.',
  ),
  BadSnapshots: entry(
    'The file of snapshots is not of the form that Rewrap reads.',
    ['It was cut, or changed by hand.', 'It is another file.'],
    'Name the file that an earlier report of the campaign wrote, or none to begin a new one.',
  ),
  GitBranchRefused: entry(
    'No branch was made.',
    [
      'The working tree has changes, or is none.',
      'There is such a branch already, or one is in its way.',
      'Git does not know who commits.',
    ],
    'Do what the message says, and run the same command again.',
  ),
  ScanReportUnreadable: entry(
    'The report of the secret scanner cannot be used.',
    ['It is of another scanner, of another form, or was cut off.', 'Your user may not read it.'],
    'Make one with gitleaks dir or gitleaks git: --report-format json --report-path leaks.json',
  ),
  RulesUnreadable: entry(
    'The rules file cannot be read.',
    ['Its name is mistyped, or your user may not read it.'],
    'Check its name and permissions.',
  ),
  NothingNamed: entry(
    'No file and no folder was named.',
    ['The command needs at least one.'],
    'Name what to audit: rewrap audit PATH…',
  ),
  NoSuchReport: entry('A history has no SARIF form.', ['SARIF holds findings.'], 'Take JSON, CSV or HTML.'),
  NoTerraformPlan: entry(
    'The file is no Terraform plan in JSON.',
    ['It is the binary plan, or output of another command.'],
    'Make it with: terraform plan -out PLAN && terraform show -json PLAN > plan.json',
  ),
  FindingGone: entry(
    'That finding is no longer there.',
    ['The list or what KMS says has changed.'],
    'Look at the findings again.',
  ),
  AlreadySuppressed: entry(
    'The finding is suppressed already.',
    ['You or the rules file suppressed it.'],
    'Nothing is to be done.',
  ),
  NotSuppressedHere: entry(
    'The finding is not suppressed on this machine.',
    ['The rules file suppresses it.'],
    'Take the entry out of the rules file.',
  ),
  BadExpiry: entry(
    'That date has passed.',
    ['A suppression ends on a date in the future.'],
    'Choose a date from today on.',
  ),
} as const;
