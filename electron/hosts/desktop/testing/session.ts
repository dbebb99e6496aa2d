import { EventEmitter } from 'node:events';
import type { OnBeforeRequestListenerDetails, Protocol, ProxyConfig, Session, WebRequest } from 'electron';

type RequestHandler = Parameters<Session['setPermissionRequestHandler']>[0];
type CheckHandler = Parameters<Session['setPermissionCheckHandler']>[0];
type DeviceHandler = Parameters<Session['setDevicePermissionHandler']>[0];
type BeforeRequest = Parameters<WebRequest['onBeforeRequest']>[0];
type Guards =
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setProxy';

export class FakeSession extends EventEmitter implements Pick<Session, Guards> {
  request: RequestHandler = null;
  check: CheckHandler = null;
  device: DeviceHandler = null;
  readonly schemes = new Map<string, Parameters<Protocol['handle']>[1]>();
  beforeRequest: BeforeRequest = null;
  proxy: ProxyConfig | null = null;

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.request = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.check = handler;
  }

  setDevicePermissionHandler(handler: DeviceHandler): void {
    this.device = handler;
  }

  async setProxy(config: ProxyConfig): Promise<void> {
    this.proxy = config;
  }

  readonly protocol = {
    handle: (scheme, handler) => {
      if (this.schemes.has(scheme)) throw new Error(`${scheme} is handled already`);
      this.schemes.set(scheme, handler);
    },
  } satisfies Partial<Protocol>;
  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest) => {
      this.beforeRequest = listener;
    },
  };

  /** Whether a request to this address would be cancelled. */
  cancels(url: string): boolean {
    let cancelled: boolean | undefined;
    const details = { url } satisfies Partial<OnBeforeRequestListenerDetails>;
    this.beforeRequest?.(details as OnBeforeRequestListenerDetails, ({ cancel }) => {
      cancelled = cancel ?? false;
    });
    if (cancelled === undefined) throw new Error('No answer');
    return cancelled;
  }

  async fetch(url: string, method = 'GET'): Promise<Response> {
    const handler = this.schemes.get('app');
    if (handler === undefined) throw new Error('app: is not handled');
    return handler({ url, method } as Request);
  }

  get real(): Session {
    return this as unknown as Session;
  }
}
