import { z } from 'zod';
import { ConnectionChoice, ConnectionState, ProfileInfo } from '../../model/connection.ts';
import { event, nothing, request } from '../define.ts';

export const connectionRequests = {
  profiles: request(nothing, z.object({ profiles: z.array(ProfileInfo), problems: z.array(z.string()) })),
  use: request(ConnectionChoice, ConnectionState),
  state: request(nothing, ConnectionState),
} as const;

export const connectionEvents = {
  connectionChanged: event(ConnectionState),
} as const;
