export { bodyOf, linkHash } from './chain.ts';
export { History, historyEvent } from './history.ts';
export { type Actor, type AskedRun, HistoryRecorder } from './history-recorder.ts';
