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
  credentials: () => null,
};

const aws = (choice: AwsChoice): ConnectionKind => ({
  practice: false,
  label: () => `AWS ${choice.profile ?? 'default credentials'}`,
  title: () => (choice.profile === null ? 'AWS' : `AWS · ${choice.profile}`),
  profile: () => choice.profile,
  target: (endpoint) => endpoint ?? 'aws',
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
