import { AndonError } from '@andon/shared/kernel';

/** 422 that names the part of a category which makes no sense. */
export function senseless(field: string, message: string, details: Record<string, unknown> = {}): AndonError {
  return new AndonError({
    code: 'devices.category-makes-no-sense',
    message,
    nextStep: 'Correct the field named.',
    field,
    status: 422,
    details,
  });
}
