import { create } from 'zustand';
import type { Answer } from '#shared/contract/api.ts';
import type { requests } from '#shared/contract/contract.ts';
import type { ConnectionChoice, ConnectionState, ProfileInfo } from '#shared/model/connection.ts';
import type { Fault } from '#shared/model/fault.ts';
import { bridge, call, faultOf } from '../api.ts';

export type AppState = Answer<typeof requests.app.state>;

interface ConnectionStore {
  /** What the host is and can do; null until it answered. */
  readonly app: AppState | null;
  readonly connection: ConnectionState | null;
  readonly profiles: readonly ProfileInfo[] | null;
  readonly problems: readonly string[];
  readonly fault: Fault | null;
  load(): Promise<void>;
  loadProfiles(): Promise<void>;
  use(choice: ConnectionChoice): Promise<ConnectionState | null>;
  set(connection: ConnectionState): void;
}

/** Which KMS this window works against, as whom. */
export const useConnection = create<ConnectionStore>()((set) => ({
  app: null,
  connection: null,
  profiles: null,
  problems: [],
  fault: null,
  async load() {
    try {
      const app = await call(bridge().app.state({}));
      set({ app, connection: app.connection, fault: null });
    } catch (error) {
      set({ fault: faultOf(error) });
    }
  },
  async loadProfiles() {
    try {
      const { profiles, problems } = await call(bridge().connection.profiles({}));
      set({ profiles, problems });
    } catch (error) {
      set({ profiles: [], problems: [faultOf(error).message] });
    }
  },
  async use(choice) {
    set((state) => ({
      fault: null,
      connection: state.connection && { ...state.connection, choice, status: 'connecting', fault: null },
    }));
    try {
      const connection = await call(bridge().connection.use(choice));
      set({ connection });
      return connection;
    } catch (error) {
      const fault = faultOf(error);
      set({
        connection: { choice, status: 'failed', region: null, endpoint: null, identity: null, fault },
      });
      return null;
    }
  },
  set: (connection) => set({ connection }),
}));
