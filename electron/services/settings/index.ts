export { appRequests, dataDir, SettingsFile } from './settings.ts';
