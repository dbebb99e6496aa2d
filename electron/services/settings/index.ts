export { dataDir } from '../../core/storage/data-folder.ts';
export { appHandlers, SettingsFile } from './settings.ts';
