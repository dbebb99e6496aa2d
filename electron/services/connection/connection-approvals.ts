import { kindOf } from '#shared/connection-kind.ts';
import type { AwsChoice, ConnectionChoice } from '#shared/model/connection.ts';
import { FaultError, fault } from '#shared/model/fault.ts';
import { endpointProblem, profileUses } from '../../core/kms/index.ts';
import { canonical, sha256 } from '../../core/storage/hash.ts';
import { type ApprovalKind, type Approvals, CHANGED } from '../approvals/index.ts';

import type { SettingsFile } from '../settings/index.ts';

interface ConnectionApprovalsParts {
  readonly approvals: Pick<Approvals, 'obtain'>;
  readonly settings: SettingsFile;
  /** In a shell a person names each connection: nothing is asked. */
  readonly shell: boolean;
  /** What the host's start named. */
  readonly named: ConnectionChoice | null;
  /** Endpoints that the host's start allowed for every profile. */
  readonly endpoints: readonly string[];
}

/** Which connections a person must approve before credentials are made or sent. The page chooses among the others. */
export class ConnectionApprovals {
  readonly #parts: ConnectionApprovalsParts;
  readonly #named: AwsChoice | null;
  /** Profile and endpoint that were approved since the start. */
  readonly #confirmed = new Set<string>();

  constructor(parts: ConnectionApprovalsParts) {
    this.#parts = parts;
    this.#named = parts.named === null ? null : kindOf(parts.named).credentials();
    if (this.#named !== null && this.#named.endpointUrl !== null) this.#confirmed.add(pairOf(this.#named));
  }

  /** Throws FaultError `EndpointRefused`, and as `Approvals.obtain`; `ApprovalOutdated` where the command changed meanwhile. */
  async prove(chosen: ConnectionChoice): Promise<void> {
    const choice = kindOf(chosen).credentials();
    if (choice === null) return;
    const { approvals, settings, shell } = this.#parts;
    this.#refuseBad(choice);
    if (shell) return;
    const uses = await profileUses(choice.profile);
    const { endpointUrl } = choice;
    const configured = uses.endpoint !== null && sameUrl(uses.endpoint, endpointUrl);
    const free =
      endpointUrl === null ||
      configured ||
      this.#parts.endpoints.some((each) => sameUrl(each, endpointUrl)) ||
      this.#confirmed.has(pairOf(choice));
    const commands = sha256(canonical(uses.commands));
    const profile = choice.profile ?? '';
    const ran =
      uses.commands.length === 0 || this.#isNamed(choice) || settings.confirmedCommands(profile) === commands;
    const kinds: ApprovalKind[] = [
      ...(free ? [] : (['endpoint'] as const)),
      ...(ran ? [] : (['credential-process'] as const)),
    ];
    if (kinds.length === 0) return;
    await approvals.obtain({
      kinds,
      resolved: { choice, commands: uses.commands },
      title: free
        ? `Run the command of ${profileWords(choice)} for credentials?`
        : `Send requests with credentials of ${profileWords(choice)} to ${URL.parse(endpointUrl)?.host}?`,
      words: [
        `Profile: ${choice.profile ?? 'default credentials'}`,
        ...(free ? [] : [`Endpoint: ${endpointUrl}`, 'It is not named by AWS configuration or environment']),
        ...(ran ? [] : commandWords(uses.commands)),
        `Region: ${choice.region ?? 'as configured'}`,
      ],
    });
    const now = await profileUses(choice.profile);
    if (sha256(canonical(now.commands)) !== commands) throw new FaultError(CHANGED);
    if (!free) this.#confirmed.add(pairOf(choice));
    if (!ran) settings.confirmCommands(profile, commands);
  }

  #isNamed({ profile }: AwsChoice): boolean {
    return this.#named !== null && this.#named.profile === profile;
  }

  #refuseBad(choice: AwsChoice): void {
    const { shell, endpoints } = this.#parts;
    const { endpointUrl } = choice;
    if (endpointUrl === null) return;
    const typed =
      shell || this.#confirmed.has(pairOf(choice)) || endpoints.some((each) => sameUrl(each, endpointUrl));
    const problem = endpointProblem(endpointUrl, typed);
    if (problem !== null)
      throw new FaultError(
        fault(
          'EndpointRefused',
          'This endpoint is not used.',
          problem,
          'Give an https: address without user name, password and query. Plain http: works for an emulator on this machine.',
        ),
      );
  }
}

const profileWords = ({ profile }: AwsChoice): string =>
  profile === null ? 'the default credentials' : `the profile ${profile}`;

/** Two lines at most. */
function commandWords(commands: readonly { readonly command: string }[]): string[] {
  const [first, ...others] = commands.map(({ command }) => command);
  return [`Runs: ${first}`, ...(others.length === 0 ? [] : [`And: ${others.join('; ')}`])];
}

const normal = (endpoint: string): string => URL.parse(endpoint)?.href ?? endpoint;
const sameUrl = (a: string, b: string | null): boolean => b !== null && normal(a) === normal(b);
/** Credentials of one profile to one endpoint: another profile's are another matter. */
const pairOf = ({ profile, endpointUrl }: AwsChoice): string =>
  JSON.stringify([profile, normal(endpointUrl ?? '')]);
