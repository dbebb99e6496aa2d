import { EventEmitter } from 'node:events';
import type { NotificationConstructorOptions } from 'electron';

/** An event with a default that can be prevented, as Electron hands to its listeners. */
export class FakeEvent {
  defaultPrevented = false;
  preventDefault(): void {
    this.defaultPrevented = true;
  }
}

/** An event handed to listeners of the fake. */
export const emit = (target: EventEmitter, name: string, ...args: unknown[]): FakeEvent => {
  const event = new FakeEvent();
  target.emit(name, event, ...args);
  return event;
};

export class FakeNotification extends EventEmitter {
  static supported = true;
  static isSupported(): boolean {
    return FakeNotification.supported;
  }
  readonly options: NotificationConstructorOptions;
  shown = 0;

  constructor(options: NotificationConstructorOptions = {}) {
    super();
    this.options = options;
  }

  show(): void {
    this.shown += 1;
  }
}
