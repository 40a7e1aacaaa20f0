import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en.ts';
import { es } from './es.ts';
import { pt } from './pt.ts';
import { zhHant } from './zh-hant.ts';

/** The languages of the console, each by its own name. */
export const languages = { en: 'English', es: 'Español', pt: 'Português', 'zh-Hant': '繁體中文' } as const;
export type Language = keyof typeof languages;

const storageKey = 'andon-language';

function firstLanguage(): Language {
  const wanted = [localStorage.getItem(storageKey), ...navigator.languages];
  for (const tag of wanted) {
    const match = (Object.keys(languages) as Language[]).find(
      (language) => tag === language || tag?.split('-')[0] === language.split('-')[0],
    );
    if (match) {
      return match;
    }
  }
  return 'en';
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

export async function startTranslations(): Promise<void> {
  const language = firstLanguage();
  document.documentElement.lang = language;
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: {
      en: { translation: en },
      es: { translation: es },
      pt: { translation: pt },
      'zh-Hant': { translation: zhHant },
    },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
}
