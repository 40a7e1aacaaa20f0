import type { Permission, Role } from '../authorization.ts';

type Language = 'en' | 'es' | 'pt' | 'zh-Hant';

/** How somebody proved who they are. */
export type SignInMeans = 'password' | 'link' | 'openid-connect';

/** A type, not an interface: Kysely asks for an index signature. */
export type AuthTables = {
  users: {
    id: string;
    email: string;
    name: string;
    role: Role;
    language: Language;
    password_hash: string | null;
    disabled_at: Date | null;
    created_at: Date;
    updated_at: Date;
    version: number;
    last_signed_in_at: Date | null;
    openid_issuer: string | null;
    openid_subject: string | null;
  };
  sessions: {
    id: string;
    token_sha256: Buffer;
    user_id: string;
    created_at: Date;
    last_used_at: Date;
    expires_at: Date;
    device: string;
    address: string;
    opened_by: SignInMeans;
  };
  sign_in_links: {
    user_id: string;
    token_sha256: Buffer;
    created_by: string;
    created_at: Date;
    expires_at: Date;
  };
  api_keys: {
    id: string;
    name: string;
    key_sha256: Buffer;
    role: Role | null;
    scopes: Permission[] | null;
    /** The user whom it belongs to; null where a program of ours made it. */
    owner_id: string | null;
    /** The key that it was made with. */
    made_with: string | null;
    created_by: string;
    created_at: Date;
    expires_at: Date | null;
    revoked_at: Date | null;
    last_used_at: Date | null;
  };
  sign_in_failures: { subject: string; failures: number; last_failed_at: Date };
};
