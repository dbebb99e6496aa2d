import { explainOwn, type KmsSituation } from '#shared/kms/errors.ts';
import { takesEncryptionContext } from '#shared/kms/facts.ts';
import type { ConnectionChoice, Identity } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo, KeyList } from '#shared/model/key.ts';
import { identify } from '../inspect/index.ts';
import {
  type DryRunOutput,
  isLoopback,
  type Kms,
  type KmsAccess,
  type KmsConnection,
  type ReEncryptInput,
  type ReEncryptOutput,
  type RightsInput,
  type Sending,
} from '../kms/index.ts';
import type { ChildStarter } from './channel.ts';
import { ChildClient } from './child-client.ts';
import type { AccessKeys, FromChild, SideName, Way } from './messages.ts';
import { decryptMembers, encryptMembers } from './requests.ts';

export interface TwoStepParts {
  /** Whose Decrypt opens the old blobs. */
  readonly source: KmsConnection;
  /** Whose Encrypt makes the new ones; may be the same. Both stay the caller's to close. */
  readonly destination: KmsConnection;
  readonly startChild: ChildStarter;
}

interface Side {
  readonly kms: KmsConnection;
  readonly access: KmsAccess;
}

/** Keys of both sides, and which sets they are. */
type Held = Readonly<Record<SideName, AccessKeys & { readonly generation: number }>>;

/**
 * A {@link Kms} whose `reEncrypt` is Decrypt on one connection and Encrypt on another, in a child process of its own:
 * the way between Regions, or where no single principal may do both. Plaintext is in the child alone; no method
 * returns any. The child starts with the first request and ends with {@link TwoStepKms.close}.
 *
 * Throws FaultError as `ReEncrypt` does, explained for the side and operation that failed, and `TwoStepChildEnded`.
 */
export class TwoStepKms implements Kms {
  readonly choice: ConnectionChoice;
  readonly region: string;
  readonly endpoint: string | null;
  readonly #sides: Readonly<Record<SideName, Side>>;
  readonly #child: ChildClient;

  /** Starts nothing yet. Throws FaultError `TwoStepNeedsTls`: plaintext crosses no network in clear. */
  constructor({ source, destination, startChild }: TwoStepParts) {
    const sides = {
      source: { kms: source, access: source.access() },
      destination: { kms: destination, access: destination.access() },
    };
    for (const { access } of Object.values(sides))
      if (access.endpoint.startsWith('http:') && !isLoopback(access.endpoint))
        throw new FaultError(
          explainOwn('TwoStepNeedsTls', { message: `${access.endpoint} would be sent plaintext in clear.` }),
        );
    const kms = destination;
    this.choice = kms.choice;
    this.region = kms.region;
    this.endpoint = kms.endpoint;
    this.#sides = sides;
    this.#child = new ChildClient(startChild, {
      source: wayOf(sides.source),
      destination: wayOf(sides.destination),
    });
  }

  /** Starts nothing yet. */
  async reEncrypt(input: ReEncryptInput): Promise<ReEncryptOutput> {
    const reply = await this.#ask(input, ({ source, destination }) => ({
      type: 'move',
      decrypt: { keys: bare(source), members: decryptMembers(input, false) },
      encrypt: { keys: bare(destination), members: encryptMembers(input, false) },
    }));
    if (reply.type !== 'moved') throw new FaultError(explainOwn('Internal'));
    const { decrypted, encrypted } = reply;
    return {
      blob: encrypted.blob,
      sourceKeyArn: decrypted.keyArn,
      destinationKeyArn: encrypted.keyArn,
      sourceAlgorithm: decrypted.algorithm,
      destinationAlgorithm: encrypted.algorithm,
      sourceKeyMaterialId: decrypted.keyMaterialId,
      // Encrypt does not say.
      destinationKeyMaterialId: null,
      requestId: encrypted.requestId,
      decryptRequestId: decrypted.requestId,
    };
  }

  /**
   * A DryRun of Decrypt, then one of Encrypt of as many zeros as the plaintext is long (one, where the blob does not
   * say how long).
   */
  async dryRun(input: ReEncryptInput): Promise<DryRunOutput> {
    const opens = await this.#tryDecrypt(input, 'source');
    const plaintextBytes = takesEncryptionContext(input.sourceAlgorithm)
      ? (identify(input.blob).plaintextBytes ?? 1)
      : 1;
    const seals = await this.#trySeal(input, plaintextBytes);
    return opens.outcome === 'ignored' ? opens : seals;
  }

  /** The rights alone, by DryRuns of Decrypt without its ciphertext and of Encrypt. */
  async mayReEncrypt(rights: RightsInput): Promise<DryRunOutput> {
    const input = { ...rights, blob: new Uint8Array() };
    const { CiphertextBlob: _, ...members } = decryptMembers(input, true);
    const opens = await this.#ask(input, ({ source }) => ({
      type: 'try-decrypt',
      side: 'source',
      decrypt: { keys: bare(source), members: { ...members, DryRunModifiers: ['IGNORE_CIPHERTEXT'] } },
    }));
    const seals = await this.#trySeal(input, 1);
    return tried(opens).outcome === 'ignored' ? tried(opens) : seals;
  }

  /** The right alone, by a DryRun of Decrypt on the destination connection without its ciphertext. */
  readonly mayOpen = async (rights: RightsInput): Promise<DryRunOutput> => {
    const input = { ...rights, blob: new Uint8Array() };
    const { CiphertextBlob: _, ...members } = decryptMembers(input, true);
    const reply = await this.#ask(input, ({ destination }) => ({
      type: 'try-decrypt',
      side: 'destination',
      decrypt: { keys: bare(destination), members: { ...members, DryRunModifiers: ['IGNORE_CIPHERTEXT'] } },
    }));
    return tried(reply);
  };

  /** A DryRun of Decrypt on the destination connection. */
  readonly tryOpen = (input: ReEncryptInput): Promise<DryRunOutput> => this.#tryDecrypt(input, 'destination');

  whoAmI(): Promise<Identity> {
    return this.#sides.source.kms.whoAmI();
  }

  /** Keys of the destination connection. */
  listKeys(): Promise<KeyList> {
    return this.#sides.destination.kms.listKeys();
  }

  /** A key of the destination connection. */
  describeKey(keyId: string): Promise<KeyInfo> {
    return this.#sides.destination.kms.describeKey(keyId);
  }

  describeOnce(keyId: string, sending?: Sending): Promise<KeyInfo> {
    return this.#sides.destination.kms.describeOnce(keyId, sending);
  }

  /** Ends the child, with whatever it is doing; resolves when it is gone. */
  close(): Promise<void> {
    return this.#child.close();
  }

  async #trySeal(input: ReEncryptInput, plaintextBytes: number): Promise<DryRunOutput> {
    const reply = await this.#ask(input, ({ destination }) => ({
      type: 'try-encrypt',
      encrypt: { keys: bare(destination), members: encryptMembers(input, true) },
      plaintextBytes,
    }));
    return tried(reply);
  }

  async #tryDecrypt(input: ReEncryptInput, side: SideName): Promise<DryRunOutput> {
    const reply = await this.#ask(input, (keys) => ({
      type: 'try-decrypt',
      side,
      decrypt: { keys: bare(keys[side]), members: decryptMembers(input, true) },
    }));
    return tried(reply);
  }

  /** Asks the child; once more with new credentials where the service called those of one side expired. */
  async #ask(
    input: ReEncryptInput,
    question: (keys: Held) => Parameters<ChildClient['ask']>[0],
  ): Promise<FromChild> {
    for (let attempt = 1; ; attempt++) {
      const held = await this.#keys();
      const reply = await this.#child.ask(question(held));
      if (reply.type !== 'failed') return reply;
      if (reply.failure.name === 'PlaintextEchoed') throw new FaultError(explainOwn('PlaintextEchoed'));
      const { access } = this.#sides[reply.side];
      const error = access.explain(reply.failure, this.#situation(reply, input));
      if (error.fault.code !== 'ExpiredTokenException' || attempt > 1) throw error;
      access.forget(held[reply.side].generation);
    }
  }

  async #keys(): Promise<Held> {
    const [source, destination] = await Promise.all([
      this.#sides.source.access.keys(),
      this.#sides.destination.access.keys(),
    ]);
    return { source, destination };
  }

  #situation(reply: Extract<FromChild, { type: 'failed' }>, input: ReEncryptInput): KmsSituation {
    const { kms } = this.#sides[reply.side];
    const decrypts = reply.operation === 'Decrypt';
    return {
      operation: reply.operation,
      region: kms.region,
      endpoint: kms.endpoint,
      profile: kms.choice.kind === 'aws' ? kms.choice.profile : null,
      sourceKeyId: decrypts ? input.sourceKeyId : null,
      destinationKeyId: decrypts ? null : input.destinationKeyId,
      sourceAlgorithm: input.sourceAlgorithm,
      destinationAlgorithm: input.destinationAlgorithm,
      sourceContext: decrypts ? input.sourceContext : null,
      destinationContext: decrypts ? null : input.destinationContext,
      blobBytes: input.blob.length,
    };
  }
}

function wayOf({ access: { endpoint, region, ca, proxy } }: Side): Way {
  return { endpoint, region, ca, proxy };
}

/** The keys without what the child has no use for. */
function bare({ accessKeyId, secretAccessKey, sessionToken }: AccessKeys): AccessKeys {
  return { accessKeyId, secretAccessKey, sessionToken };
}

function tried(reply: FromChild): DryRunOutput {
  if (reply.type !== 'tried') throw new FaultError(explainOwn('Internal'));
  return { outcome: reply.outcome, requestId: reply.requestId };
}
