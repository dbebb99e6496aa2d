import type { KMSClient } from '@aws-sdk/client-kms';
import type { STSClient } from '@aws-sdk/client-sts';
import type { KmsSituation } from '#shared/kms/errors.ts';
import type { ConnectionChoice, EndpointInfo, Identity } from '#shared/model/connection.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { KeyInfo, KeyList, KeyPage } from '#shared/model/key.ts';
import { accessOf, type KmsAccess, type KmsWay } from './access.ts';
import { partitionOf, type Where } from './config/where.ts';
import type { Session } from './credentials/session.ts';
import { toFaultError } from './failure.ts';
import { KmsHttpClient } from './http-client/http-client.ts';
import { allDetails } from './key-details.ts';
import { describeOne } from './key-facts.ts';
import { listAll } from './key-list.ts';
import { between, type Transport } from './transport.ts';
import {
  type DryRunOutput,
  type Grant,
  type KmsConnection,
  type ListKeysOptions,
  NotSent,
  type ReEncryptInput,
  type ReEncryptOutput,
  type RightsInput,
  type Sending,
} from './types.ts';
import { WireKms } from './wire-kms.ts';

interface SdkKmsParts {
  readonly choice: ConnectionChoice;
  readonly where: Where;
  /** Past any proxy, without the person's certificate authorities: an endpoint of Rewrap's own. */
  readonly direct: boolean;
  readonly profile: string | null;
  readonly kms: KMSClient;
  readonly sts: STSClient;
  readonly session: Session;
  readonly transport: Transport;
}

/**
 * {@link KmsConnection} over the AWS SDK, but for `ReEncrypt`, which goes by the {@link KmsHttpClient}. Only the members named here leave a response.
 */
export class SdkKms implements KmsConnection {
  readonly choice: ConnectionChoice;
  readonly region: string;
  readonly endpoint: string | null;
  readonly endpointInfo: EndpointInfo;
  readonly #parts: SdkKmsParts;
  readonly #wire: WireKms;
  #principal: string | null = null;

  constructor(parts: SdkKmsParts) {
    this.choice = parts.choice;
    this.region = parts.where.region;
    this.endpoint = parts.where.endpoint;
    this.endpointInfo = endpointInfoOf(parts.where, parts.direct);
    this.#parts = parts;
    const { way, held, keys } = this.access();
    const { endpoint, region } = way;
    const client = new KmsHttpClient({
      endpoint,
      region,
      keys: () => held() ?? keys(),
      transport: parts.transport,
    });
    this.#wire = new WireKms(client, (situation, work) => this.#explained(situation, work));
  }

  get principal(): string | null {
    return this.#principal;
  }

  reEncrypt(input: ReEncryptInput, sending?: Sending): Promise<ReEncryptOutput> {
    return this.#wire.reEncrypt(input, sending);
  }

  dryRun(input: ReEncryptInput, sending?: Sending): Promise<DryRunOutput> {
    return this.#wire.dryRun(input, sending);
  }

  mayReEncrypt(input: RightsInput, sending?: Sending): Promise<DryRunOutput> {
    return this.#wire.mayReEncrypt(input, sending);
  }

  async whoAmI(): Promise<Identity> {
    const { stsEndpoint } = this.#parts.where;
    const proxy = this.#parts.direct ? null : between(stsEndpoint ?? 'https://amazonaws.com', null).proxy;
    const asked = { operation: 'GetCallerIdentity', service: 'STS', endpoint: stsEndpoint, proxy };
    return this.#explained(asked, async () => {
      const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
      const out = await this.#parts.sts.send(new GetCallerIdentityCommand({}));
      this.#principal = out.Arn ?? null;
      return { account: out.Account ?? '', arn: out.Arn ?? '', userId: out.UserId ?? '' };
    });
  }

  async listKeys(onPage?: (page: KeyPage) => void, options?: ListKeysOptions): Promise<KeyList> {
    return this.#explained({ operation: 'ListKeys' }, () =>
      listAll(this.#parts.kms, this.#explain, onPage, options),
    );
  }

  async describeKey(keyId: string): Promise<KeyInfo> {
    return this.#explained({ operation: 'DescribeKey', destinationKeyId: keyId }, () =>
      describeOne(this.#parts.kms, keyId),
    );
  }

  describeOnce(keyId: string, sending?: Sending): Promise<KeyInfo> {
    return this.#wire.describeOnce(keyId, sending);
  }

  async keyDetail(keyId: string): Promise<KeyInfo> {
    const key = await this.describeKey(keyId);
    return this.#explained({ operation: 'DescribeKey', destinationKeyId: keyId }, () =>
      allDetails(this.#parts.kms, this.#explain, key),
    );
  }

  async renew(): Promise<Identity> {
    const { session } = this.#parts;
    session.forget(session.generation);
    return this.whoAmI();
  }

  access(): KmsAccess {
    const { choice, kms, session, transport, where } = this.#parts;
    return accessOf({
      choice,
      kms,
      session,
      transport,
      where,
      explain: this.#explain,
      situation: () => this.#situation(),
    });
  }

  async keyPolicy(keyId: string): Promise<string> {
    return this.#explained({ operation: 'GetKeyPolicy', destinationKeyId: keyId }, async () => {
      const { GetKeyPolicyCommand } = await import('@aws-sdk/client-kms');
      const { Policy } = await this.#parts.kms.send(new GetKeyPolicyCommand({ KeyId: keyId }));
      return Policy ?? '';
    });
  }

  async sign(keyId: string, algorithm: string, message: Uint8Array): Promise<Uint8Array> {
    return this.#explained({ operation: 'Sign', destinationKeyId: keyId }, async () => {
      const { SignCommand, SigningAlgorithmSpec } = await import('@aws-sdk/client-kms');
      const known = Object.values(SigningAlgorithmSpec).find((each) => each === algorithm);
      const { Signature } = await this.#parts.kms.send(
        new SignCommand({ KeyId: keyId, Message: message, MessageType: 'RAW', SigningAlgorithm: known }),
      );
      return Signature ?? new Uint8Array();
    });
  }

  async publicKey(keyId: string): Promise<Uint8Array> {
    return this.#explained({ operation: 'GetPublicKey', destinationKeyId: keyId }, async () => {
      const { GetPublicKeyCommand } = await import('@aws-sdk/client-kms');
      const { PublicKey } = await this.#parts.kms.send(new GetPublicKeyCommand({ KeyId: keyId }));
      return PublicKey ?? new Uint8Array();
    });
  }

  async keyGrants(keyId: string): Promise<Grant[]> {
    return this.#explained({ operation: 'ListGrants', destinationKeyId: keyId }, async () => {
      const { paginateListGrants } = await import('@aws-sdk/client-kms');
      const grants: Grant[] = [];
      for await (const page of paginateListGrants({ client: this.#parts.kms }, { KeyId: keyId, Limit: 100 }))
        for (const { GrantId, Name, GranteePrincipal, Operations, Constraints } of page.Grants ?? [])
          grants.push({
            id: GrantId ?? '',
            name: Name === undefined || Name === '' ? null : Name,
            grantee: GranteePrincipal ?? '',
            operations: Operations ?? [],
            bound: Constraints !== undefined,
          });
      return grants;
    });
  }

  close(): void {
    this.#wire.close();
    this.#parts.kms.destroy();
    this.#parts.sts.destroy();
  }

  readonly #explain = (error: unknown, situation: KmsSituation): FaultError => {
    const { session } = this.#parts;
    return toFaultError(error, { ...this.#situation(), ...situation }, () => session.secrets);
  };

  /** What every request of this connection is explained with. */
  #situation(): KmsWay['situation'] {
    const { region, endpoint } = this.#parts.where;
    const { proxy } = this.endpointInfo;
    return { region, endpoint, profile: this.#parts.profile, proxy, principal: this.#principal };
  }

  /**
   * Credentials that the service calls expired are sought anew, and the request is sent once more: it was refused
   * before it did anything.
   */
  async #explained<T>(asked: KmsSituation | (() => KmsSituation), work: () => Promise<T>): Promise<T> {
    const { session } = this.#parts;
    const { generation } = session;
    const situation = () => (typeof asked === 'function' ? asked() : asked);
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotSent) throw error;
      const first = this.#explain(error, situation());
      // A fault that is one already comes from the credentials themselves.
      if (error instanceof FaultError || first.fault.code !== 'ExpiredTokenException') throw first;
      // Meant for the set that the request used: where another request has brought a newer one, that one stays.
      session.forget(Math.max(generation, 1));
    }
    try {
      return await work();
    } catch (error) {
      throw error instanceof NotSent ? error : this.#explain(error, situation());
    }
  }
}

function endpointInfoOf(where: Where, direct: boolean): EndpointInfo {
  const { region, endpoint, fips, dualStack } = where;
  const partition = partitionOf(region);
  const address = endpoint ?? `https://kms.${region}.${partition.dnsSuffix}`;
  const way = direct ? { proxy: null, caBundle: null } : between(address, where.caBundle);
  return { region, endpoint, partition: partition.id, fips, dualStack, ...way };
}
