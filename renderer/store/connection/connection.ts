import { create } from 'zustand';
import type { ReplyValue } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type { ConnectionChoice, ConnectionState, ProfileInfo, Side } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, pageFaultOf } from '../../api.ts';

export type AppState = ReplyValue<typeof requests.app.state>;

interface ConnectionStore {
  /** What the host is and can do; null until it answered. */
  readonly app: AppState | null;
  readonly connection: ConnectionState | null;
  /** Where the destination key lives when that needs another principal or Region; null: one connection for both. */
  readonly destination: ConnectionState | null;
  readonly profiles: readonly ProfileInfo[] | null;
  readonly problems: readonly string[];
  /** A question that waits for the person outside the page. */
  readonly approval: AppState['approval'];
  readonly fault: Fault | null;
  load(): Promise<void>;
  loadProfiles(): Promise<void>;
  use(choice: ConnectionChoice): Promise<ConnectionState | null>;
  /** Null: one connection for both. */
  connectDestination(choice: ConnectionChoice | null): Promise<ConnectionState | null>;
  /** Tries a connection again as it stands: work that waits on it goes on. */
  again(side: Side): Promise<void>;
  /** The engine that held the connections stopped; `fault`: for good. */
  stopped(fault: Fault | null): void;
  set(connection: ConnectionState): void;
  setDestination(destination: ConnectionState | null): void;
}

const pending = (choice: ConnectionChoice, before: ConnectionState | null): ConnectionState => ({
  region: null,
  endpoint: null,
  endpointInfo: null,
  identity: null,
  ...before,
  choice,
  status: 'connecting',
  fault: null,
});
const failed = (choice: ConnectionChoice, fault: Fault): ConnectionState => ({
  choice,
  status: 'failed',
  region: null,
  endpoint: null,
  endpointInfo: null,
  identity: null,
  fault,
});

/** Which KMS this window works against, as whom. */
export const useConnection = create<ConnectionStore>()((set, get) => ({
  app: null,
  connection: null,
  destination: null,
  profiles: null,
  problems: [],
  approval: null,
  fault: null,
  async load() {
    try {
      const app = await call(bridge().app.state({}));
      // At once: an event that comes after this reply must not be overtaken by it.
      set({ app, connection: app.connection, approval: app.approval, fault: null });
      const { destination } = await call(bridge().connection.destination({}));
      set({ destination });
    } catch (error) {
      set({ fault: pageFaultOf(error) });
    }
  },
  stopped(fault) {
    const cut = (state: ConnectionState | null): ConnectionState | null =>
      state && { ...state, status: fault === null ? 'connecting' : 'failed', fault };
    set(({ connection, destination }) => ({ connection: cut(connection), destination: cut(destination) }));
  },
  async loadProfiles() {
    try {
      const { profiles, problems } = await call(bridge().connection.profiles({}));
      set({ profiles, problems });
    } catch (error) {
      set({ profiles: [], problems: [pageFaultOf(error).message] });
    }
  },
  async use(choice) {
    set((state) => ({ fault: null, connection: state.connection && pending(choice, state.connection) }));
    try {
      const connection = await call(bridge().connection.use(choice));
      set({ connection });
      return connection;
    } catch (error) {
      set({ connection: failed(choice, pageFaultOf(error)) });
      return null;
    }
  },
  async connectDestination(choice) {
    set((state) => ({ destination: choice && pending(choice, state.destination) }));
    try {
      // biome-ignore lint/correctness/useHookAtTopLevel: a request of the bridge, not a hook
      const { destination } = await call(bridge().connection.useDestination({ choice }));
      set({ destination });
      return destination;
    } catch (error) {
      set({ destination: choice && failed(choice, pageFaultOf(error)) });
      return null;
    }
  },
  async again(side) {
    const before = side === 'destination' ? get().destination : get().connection;
    if (before === null) return;
    const put = (state: ConnectionState): void =>
      set(side === 'destination' ? { destination: state } : { connection: state });
    try {
      put(await call(bridge().connection.renew({ side })));
    } catch (error) {
      put(failed(before.choice, pageFaultOf(error)));
    }
  },
  set: (connection) => set({ connection }),
  setDestination: (destination) => set({ destination }),
}));

/** The connection of a side. Without a second one, both sides are the first. */
export function useSide(side: Side): ConnectionState | null {
  return useConnection((state) =>
    side === 'destination' ? (state.destination ?? state.connection) : state.connection,
  );
}
