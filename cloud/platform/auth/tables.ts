import type { Role } from '../authorization.ts';

type Language = 'en' | 'es' | 'pt' | 'zh-Hant';

/** A type, not an interface: Kysely asks for an index signature. */
export type AuthTables = {
  users: {
    id: string;
    email: string;
    name: string;
    role: Role;
    language: Language;
    password_hash: string;
    disabled_at: Date | null;
    created_at: Date;
    updated_at: Date;
    version: number;
  };
  sessions: {
    id: string;
    token_sha256: Buffer;
    user_id: string;
    created_at: Date;
    last_used_at: Date;
    expires_at: Date;
  };
  api_keys: {
    id: string;
    name: string;
    key_sha256: Buffer;
    role: Role;
    created_by: string;
    created_at: Date;
    expires_at: Date | null;
    revoked_at: Date | null;
    last_used_at: Date | null;
  };
  sign_in_failures: { subject: string; failures: number; last_failed_at: Date };
};
