import { EventEmitter } from 'node:events';
import type { NotificationConstructorOptions } from 'electron';

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
