import { AndonError } from '@andon/shared/kernel';

export function noSuchRule(): AndonError {
  return new AndonError({
    code: 'alert-notices.no-such-rule',
    message: 'There is no such rule.',
    nextStep: 'Look for it in GET /v1/alert-notice-rules.',
    status: 404,
  });
}

export function nobodyToTell(field: string, message: string): AndonError {
  return new AndonError({
    code: 'alert-notices.nobody-to-tell',
    message,
    nextStep: 'Name one contact or one user who can be reached by this channel.',
    field,
    status: 422,
  });
}
