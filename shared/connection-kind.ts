import type { AwsChoice, ConnectionChoice } from './model/connection.ts';

/** What differs between kinds of connection. Another kind is one more object here, and a way to open it in core/kms. */
interface ConnectionKind {
  /** Whether it leads to the practice KMS: keys, accounts and costs are not real. */
  readonly practice: boolean;
  /** A few words for reports, questions and the shell: "practice KMS", "AWS prod", "AWS default credentials". */
  label(): string;
  /** The same for the screen: "Practice KMS", "AWS · prod", "AWS". */
  title(): string;
  /** The profile that was chosen; null: none was, or it uses none. */
  profile(): string | null;
  /**
   * What must be equal, beside Region and account, for a run to continue over another connection. `endpoint`: where requests
   * go; null: the Region's own endpoint.
   */
  target(endpoint: string | null): string;
  /** What names it in a shell, for every command that connects: option, value, option. */
  options(): string[];
  /** The person's credentials that it uses, and the endpoint that gets requests made with them; null: it uses none. */
  credentials(): AwsChoice | null;
}

const PRACTICE: ConnectionKind = {
  practice: true,
  label: () => 'practice KMS',
  title: () => 'Practice KMS',
  profile: () => null,
  // It listens on another port at each start.
  target: () => 'practice',
  options: () => ['--practice'],
  credentials: () => null,
};

const option = (flag: string, value: string | null): string[] => (value === null ? [] : [flag, value]);

const aws = (choice: AwsChoice): ConnectionKind => ({
  practice: false,
  label: () => `AWS ${choice.profile ?? 'default credentials'}`,
  title: () => (choice.profile === null ? 'AWS' : `AWS · ${choice.profile}`),
  profile: () => choice.profile,
  target: (endpoint) => endpoint ?? 'aws',
  options: () => [
    ...option('--profile', choice.profile),
    ...option('--region', choice.region),
    ...option('--endpoint-url', choice.endpointUrl),
    ...(choice.fips === true ? ['--fips'] : []),
    ...(choice.dualStack === true ? ['--dual-stack'] : []),
  ],
  credentials: () => choice,
});

export function kindOf(choice: ConnectionChoice): ConnectionKind {
  switch (choice.kind) {
    case 'practice':
      return PRACTICE;
    case 'aws':
      return aws(choice);
  }
}

/** A kind as the window offers it, before anything of it is chosen. */
interface OfferedKind {
  readonly name: string;
  readonly detail: string;
  /** What the button says that connects. */
  readonly connect: string;
  /** Whether it has a profile, a Region and endpoints. */
  readonly settings: boolean;
  /** What is chosen, from the settings as they are filled in. */
  choose(settings: Omit<AwsChoice, 'kind'>): ConnectionChoice;
}

export const OFFERED_KINDS: Readonly<Record<ConnectionChoice['kind'], OfferedKind>> = {
  practice: {
    name: 'Practice KMS',
    detail: 'A KMS on this machine with example keys. Nothing reaches AWS.',
    connect: 'Connect to practice',
    settings: false,
    choose: () => ({ kind: 'practice' }),
  },
  aws: {
    name: 'AWS',
    detail: 'Real keys, as the identity of a profile on this machine.',
    connect: 'Connect to AWS',
    settings: true,
    choose: (settings) => ({ kind: 'aws', ...settings }),
  },
};
