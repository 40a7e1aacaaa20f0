/** The words of how devices are registered: many at once, and their credentials, in each language. */
export const registrationEn = {
  notUtf8: 'The letters of this file are not UTF-8',
  notUtf8Text:
    'Read as it is, its accents would be stored broken. If a spreadsheet saved it as plain CSV, read it as Windows-1252 and look whether the names are right below; otherwise save it as “CSV UTF-8” and choose it again.',
  readAsWindows: 'Read it as Windows-1252',
  line: 'Line',
  field: 'Field',
  reason: 'Reason',
  state: 'Result',
  device: 'Device',
  mend: 'Download the lines that failed',
  mendHint:
    'What is wrong with each line stands in the columns line, field and reason. Mend them, and register the file as it is: those columns are passed over.',
};

export type RegistrationWords = typeof registrationEn;

export const registrationEs: RegistrationWords = {
  notUtf8: 'Las letras de este archivo no son UTF-8',
  notUtf8Text:
    'Leído tal cual, sus acentos se guardarían mal. Si una hoja de cálculo lo guardó como CSV simple, léalo como Windows-1252 y mire abajo si los nombres están bien; si no, guárdelo como «CSV UTF-8» y elíjalo de nuevo.',
  readAsWindows: 'Leerlo como Windows-1252',
  line: 'Línea',
  field: 'Campo',
  reason: 'Motivo',
  state: 'Resultado',
  device: 'Dispositivo',
  mend: 'Descargar las líneas que fallaron',
  mendHint:
    'Lo que falla en cada línea está en las columnas line, field y reason. Corríjalas y registre el archivo tal cual: esas columnas se pasan por alto.',
};

export const registrationPt: RegistrationWords = {
  notUtf8: 'As letras deste ficheiro não são UTF-8',
  notUtf8Text:
    'Lido assim, os acentos ficariam estragados. Se uma folha de cálculo o guardou como CSV simples, leia-o como Windows-1252 e veja abaixo se os nomes estão certos; senão, guarde-o como «CSV UTF-8» e escolha-o de novo.',
  readAsWindows: 'Ler como Windows-1252',
  line: 'Linha',
  field: 'Campo',
  reason: 'Motivo',
  state: 'Resultado',
  device: 'Dispositivo',
  mend: 'Descarregar as linhas que falharam',
  mendHint:
    'O que falha em cada linha está nas colunas line, field e reason. Corrija-as e registe o ficheiro tal como está: essas colunas são ignoradas.',
};

export const registrationZhHant: RegistrationWords = {
  notUtf8: '此檔案的文字不是 UTF-8',
  notUtf8Text:
    '若直接讀取，特殊字母會存成亂碼。如果是試算表存成的一般 CSV，請以 Windows-1252 讀取，並在下方確認名稱是否正確；否則請另存為「CSV UTF-8」後再選擇一次。',
  readAsWindows: '以 Windows-1252 讀取',
  line: '行',
  field: '欄位',
  reason: '原因',
  state: '結果',
  device: '裝置',
  mend: '下載失敗的行',
  mendHint: '每一行的問題寫在 line、field 和 reason 欄。改好後直接註冊整個檔案，這些欄會被略過。',
};
