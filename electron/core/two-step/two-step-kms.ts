import { kindOf } from '#shared/connection-kind.ts';
import { sentContext } from '#shared/kms/contexts.ts';
import { explainOwn, type KmsSituation } from '#shared/kms/errors.ts';
import { type EncryptionAlgorithm, takesEncryptionContext } from '#shared/kms/facts.ts';
import type { ConnectionChoice, Identity } from '#shared/model/connection.ts';
import type { EncryptionContext } from '#shared/model/context.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo, KeyList } from '#shared/model/key.ts';
import type { ChildStarter } from '../children/index.ts';
import { identify } from '../inspect/index.ts';
import {
  type DryRunOutput,
  type Kms,
  type KmsAccess,
  type KmsConnection,
  NotSent,
  type ReEncryptInput,
  type ReEncryptOutput,
  type RightsInput,
  type Sending,
  unlessHeld,
} from '../kms/index.ts';
import { isLoopback } from '../limits/loopback.ts';
import { ChildClient } from './child-client.ts';
import type { AwsJsonMembers, ChildCredentials, FromChild, SideName, Way } from './messages.ts';

interface TwoStepParts {
  /** Its Decrypt opens the old blobs: the connection of the moment. */
  readonly source: () => KmsConnection | Promise<KmsConnection>;
  /** Its Encrypt makes the new ones; may be the same. Both stay the caller's to close. */
  readonly destination: () => KmsConnection | Promise<KmsConnection>;
  readonly startChild: ChildStarter;
}

interface Side {
  readonly kms: KmsConnection;
  readonly access: KmsAccess;
}

type Sides = Readonly<Record<SideName, Side>>;

/** Keys of both sides, and which sets they are. */
type Held = Readonly<Record<SideName, ChildCredentials & { readonly generation: number }>>;

/**
 * A {@link Kms} with a `reEncrypt` that is Decrypt on one connection and Encrypt on another, in a child process of its own:
 * the way between Regions, or where no single principal may do both. Plaintext is in the child alone; no method
 * returns any. The child starts with the first request and ends with {@link TwoStepKms.close}.
 *
 * Throws FaultError as `ReEncrypt` does, explained for the side and operation that failed, and `TwoStepChildEnded`.
 */
export class TwoStepKms implements Kms {
  readonly choice: ConnectionChoice;
  readonly region: string;
  readonly endpoint: string | null;
  readonly #parts: TwoStepParts;
  #child: { readonly client: ChildClient; readonly ways: string } | null = null;
  readonly #closing = new Set<Promise<void>>();
  #closed = false;

  private constructor(parts: TwoStepParts, destination: KmsConnection) {
    this.choice = destination.choice;
    this.region = destination.region;
    this.endpoint = destination.endpoint;
    this.#parts = parts;
  }

  /** Starts no child yet. Throws FaultError `TwoStepNeedsTls`: plaintext crosses no network in clear. */
  static async open(parts: TwoStepParts): Promise<TwoStepKms> {
    const { destination } = await sidesOf(parts);
    return new TwoStepKms(parts, destination.kms);
  }

  async reEncrypt(input: ReEncryptInput, sending?: Sending): Promise<ReEncryptOutput> {
    const move = ({ source, destination }: Held) => ({
      type: 'move' as const,
      decrypt: { keys: bare(source), members: decryptMembers(input, false) },
      encrypt: { keys: bare(destination), members: encryptMembers(input, false) },
    });
    const heard = (reply: FromChild): void => {
      if (reply.type === 'failed' && typeof reply.beforeRequestId === 'string')
        sending?.decrypted?.(reply.beforeRequestId);
    };
    const reply = await this.#ask(input, move, sending, input, heard);
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
  async dryRun(input: ReEncryptInput, sending?: Sending): Promise<DryRunOutput> {
    const opens = await this.#tryDecrypt(input, 'source', sending);
    const plaintextBytes = takesEncryptionContext(input.sourceAlgorithm)
      ? (identify(input.blob).plaintextBytes ?? 1)
      : 1;
    const seals = await this.#trySeal(input, plaintextBytes, sending);
    return opens.outcome === 'ignored' ? opens : seals;
  }

  /**
   * Whether two blobs hold the same plaintext: both are decrypted in the child, the new one on the destination connection
   * as `after` names its source. Throws FaultError as Decrypt does, explained for the side that failed. `decrypted`: called
   * with the request id of each Decrypt that was answered with plaintext, also where the comparison then fails.
   */
  async compare(
    before: ReEncryptInput,
    after: ReEncryptInput,
    sending?: Sending,
    decrypted: (requestId: string) => void = () => {},
  ): Promise<boolean> {
    const heard = (reply: FromChild): void => {
      const ids =
        reply.type === 'compared'
          ? [reply.beforeRequestId, reply.afterRequestId]
          : [reply.type === 'failed' ? reply.beforeRequestId : null];
      for (const id of ids) if (typeof id === 'string') decrypted(id);
    };
    const question = ({ source, destination }: Held) => ({
      type: 'compare' as const,
      before: { keys: bare(source), members: decryptMembers(before, false) },
      after: { keys: bare(destination), members: decryptMembers(after, false) },
    });
    const reply = await this.#ask(before, question, sending, after, heard);
    if (reply.type !== 'compared') throw new FaultError(explainOwn('Internal'));
    return reply.equal;
  }

  /** The rights alone, by DryRuns of Decrypt without its ciphertext and of Encrypt. */
  async mayReEncrypt(rights: RightsInput, sending?: Sending): Promise<DryRunOutput> {
    const input = { ...rights, blob: new Uint8Array() };
    const { CiphertextBlob: _, ...members } = decryptMembers(input, true);
    const decrypt = ({ source }: Held) => ({
      type: 'try-decrypt' as const,
      side: 'source' as const,
      decrypt: { keys: bare(source), members: { ...members, DryRunModifiers: ['IGNORE_CIPHERTEXT'] } },
    });
    const opens = await this.#ask(input, decrypt, sending);
    const seals = await this.#trySeal(input, 1, sending);
    return tried(opens).outcome === 'ignored' ? tried(opens) : seals;
  }

  /** The right alone, by a DryRun of Decrypt on the destination connection without its ciphertext. */
  readonly mayOpen = async (rights: RightsInput, sending?: Sending): Promise<DryRunOutput> => {
    const input = { ...rights, blob: new Uint8Array() };
    const { CiphertextBlob: _, ...members } = decryptMembers(input, true);
    const decrypt = ({ destination }: Held) => ({
      type: 'try-decrypt' as const,
      side: 'destination' as const,
      decrypt: { keys: bare(destination), members: { ...members, DryRunModifiers: ['IGNORE_CIPHERTEXT'] } },
    });
    return tried(await this.#ask(input, decrypt, sending));
  };

  /** A DryRun of Decrypt on the destination connection. */
  readonly tryOpen = (input: ReEncryptInput, sending?: Sending): Promise<DryRunOutput> =>
    this.#tryDecrypt(input, 'destination', sending);

  async whoAmI(): Promise<Identity> {
    return (await this.#parts.source()).whoAmI();
  }

  /** Keys of the destination connection. */
  async listKeys(): Promise<KeyList> {
    return (await this.#parts.destination()).listKeys();
  }

  /** A key of the destination connection. */
  async describeKey(keyId: string): Promise<KeyInfo> {
    return (await this.#parts.destination()).describeKey(keyId);
  }

  async describeOnce(keyId: string, sending?: Sending): Promise<KeyInfo> {
    return (await this.#parts.destination()).describeOnce(keyId, sending);
  }

  /** Ends the child, with whatever it is doing; resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#end();
    await Promise.all(this.#closing);
  }

  #end(): void {
    if (this.#child === null) return;
    const closing = this.#child.client.close();
    this.#child = null;
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  /** The child that knows the ways of these sides: one that was started for other ones ends. */
  #childOf(sides: Sides): ChildClient {
    if (this.#closed) throw new FaultError(explainOwn('TwoStepChildEnded'));
    const ways = { source: wayOf(sides.source), destination: wayOf(sides.destination) };
    const named = JSON.stringify(ways);
    if (this.#child?.ways !== named) {
      this.#end();
      this.#child = { client: new ChildClient(this.#parts.startChild, ways), ways: named };
    }
    return this.#child.client;
  }

  async #trySeal(input: ReEncryptInput, plaintextBytes: number, sending?: Sending): Promise<DryRunOutput> {
    const encrypt = ({ destination }: Held) => ({
      type: 'try-encrypt' as const,
      encrypt: { keys: bare(destination), members: encryptMembers(input, true) },
      plaintextBytes,
    });
    return tried(await this.#ask(input, encrypt, sending));
  }

  async #tryDecrypt(input: ReEncryptInput, side: SideName, sending?: Sending): Promise<DryRunOutput> {
    const decrypt = (keys: Held) => ({
      type: 'try-decrypt' as const,
      side,
      decrypt: { keys: bare(keys[side]), members: decryptMembers(input, true) },
    });
    return tried(await this.#ask(input, decrypt, sending));
  }

  /**
   * Asks the child; once more with new credentials where the service called those of one side expired. `ofDestination`:
   * what the destination side was asked, where that is another blob. `heard`: every reply, also one that is asked again for.
   */
  async #ask(
    input: ReEncryptInput,
    question: (keys: Held) => Parameters<ChildClient['ask']>[0],
    sending: Sending = {},
    ofDestination: ReEncryptInput = input,
    heard: (reply: FromChild) => void = () => {},
  ): Promise<FromChild> {
    for (let attempt = 1; ; attempt++) {
      const sides = await sidesOf(this.#parts);
      const held = await unlessHeld(keysOf(sides), sending);
      const reply = await this.#childOf(sides).ask(question(held), sending.hold);
      heard(reply);
      if (reply.type !== 'failed') return reply;
      if (reply.failure.name === 'NotSent') throw new NotSent();
      if (reply.failure.name === 'PlaintextEchoed') throw new FaultError(explainOwn('PlaintextEchoed'));
      const { access, kms } = sides[reply.side];
      const error = access.explain(
        reply.failure,
        this.#situation(reply, reply.side === 'destination' ? ofDestination : input, kms),
      );
      if (error.fault.code !== 'ExpiredTokenException' || attempt > 1) throw error;
      access.forget(held[reply.side].generation);
    }
  }

  #situation(
    reply: Extract<FromChild, { type: 'failed' }>,
    input: ReEncryptInput,
    kms: KmsConnection,
  ): KmsSituation {
    const decrypts = reply.operation === 'Decrypt';
    return {
      operation: reply.operation,
      region: kms.region,
      endpoint: kms.endpoint,
      profile: kindOf(kms.choice).profile(),
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

/** Throws FaultError `TwoStepNeedsTls`. */
async function sidesOf({ source, destination }: TwoStepParts): Promise<Sides> {
  const [from, to] = await Promise.all([source(), destination()]);
  const sides = {
    source: { kms: from, access: from.access() },
    destination: { kms: to, access: to.access() },
  };
  for (const { access } of Object.values(sides))
    if (access.way.endpoint.startsWith('http:') && !isLoopback(access.way.endpoint))
      throw new FaultError(
        explainOwn('TwoStepNeedsTls', {
          message: `${access.way.endpoint} would be sent plaintext in clear.`,
        }),
      );
  return sides;
}

async function keysOf(sides: Sides): Promise<Held> {
  const [source, destination] = await Promise.all([
    sides.source.access.keys(),
    sides.destination.access.keys(),
  ]);
  return { source, destination };
}

function wayOf({ access }: Side): Way {
  const { endpoint, region, ca, proxy } = access.way;
  return { endpoint, region, ca, proxy };
}

/** The keys without what the child has no use for. */
function bare({ accessKeyId, secretAccessKey, sessionToken }: ChildCredentials): ChildCredentials {
  return { accessKeyId, secretAccessKey, sessionToken };
}

function tried(reply: FromChild): DryRunOutput {
  if (reply.type !== 'tried') throw new FaultError(explainOwn('Internal'));
  return { outcome: reply.outcome, requestId: reply.requestId };
}

/** Decrypt's request for the source side: what is null is left out, and an asymmetric algorithm gets no context. */
function decryptMembers(input: ReEncryptInput, dryRun: boolean): AwsJsonMembers {
  return {
    CiphertextBlob: Buffer.from(input.blob).toString('base64'),
    EncryptionAlgorithm: input.sourceAlgorithm,
    ...(input.sourceKeyId === null ? {} : { KeyId: input.sourceKeyId }),
    ...contextOf(input.sourceAlgorithm, input.sourceContext),
    ...more(input, dryRun),
  };
}

/** Encrypt's request for the destination side, without its plaintext. */
function encryptMembers(input: ReEncryptInput, dryRun: boolean): AwsJsonMembers {
  return {
    KeyId: input.destinationKeyId,
    EncryptionAlgorithm: input.destinationAlgorithm,
    ...contextOf(input.destinationAlgorithm, input.destinationContext),
    ...more(input, dryRun),
  };
}

function more({ grantTokens }: ReEncryptInput, dryRun: boolean): AwsJsonMembers {
  return {
    ...(grantTokens.length === 0 ? {} : { GrantTokens: grantTokens }),
    ...(dryRun ? { DryRun: true } : {}),
  };
}

function contextOf(algorithm: EncryptionAlgorithm, context: EncryptionContext | null): AwsJsonMembers {
  const sent = sentContext(algorithm, context);
  return sent === null ? {} : { EncryptionContext: sent };
}
