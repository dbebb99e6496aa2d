import type { EventEmitter } from 'node:events';

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
