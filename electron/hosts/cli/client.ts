import type { Reply, ReplyValue, RequestInput } from '#shared/contract/api.ts';
import { hostRequests, requests } from '#shared/contract/contract.ts';
import type { RequestSpec } from '#shared/contract/define.ts';
import { FaultError } from '#shared/model/fault.ts';
import type { Engine } from '../../bridge/index.ts';

type Plain<R extends Record<string, Record<string, RequestSpec>>> = {
  [Namespace in keyof R]: {
    [M in keyof R[Namespace]]: (input: RequestInput<R[Namespace][M]>) => Promise<ReplyValue<R[Namespace][M]>>;
  };
};

export interface Client {
  readonly page: Plain<typeof requests>;
  readonly host: Plain<typeof hostRequests>;
}

function namespaces(table: object, send: (name: string, input: unknown) => Promise<Reply<unknown>>): object {
  const call = (name: string) => async (input: unknown) => {
    const reply = await send(name, input);
    if (reply.ok) return reply.value;
    throw new FaultError(reply.fault);
  };
  return Object.fromEntries(
    Object.entries(table).map(([namespace, methods]) => [
      namespace,
      Object.fromEntries(Object.keys(methods).map((method) => [method, call(`${namespace}.${method}`)])),
    ]),
  );
}

/** The contract as plain calls: the reply's value, or its fault thrown. The command line's way through the bridge. */
export function client(engine: Engine): Client {
  return {
    page: namespaces(requests, engine.call) as Client['page'],
    host: namespaces(hostRequests, engine.callHost) as Client['host'],
  };
}
