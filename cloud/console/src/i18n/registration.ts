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
  newCredentials: 'New machine credentials',
  askCredentials:
    'The device gets a new MQTT password. The one that it has now ends as soon as its gateway hears of it: the machine can send nothing until the new one is put into it. Its readings, rules and history stay.',
  makeCredentials: 'Make new credentials',
  credentialsText:
    'Put this password into the machine. It is shown this once; whoever loses it makes another one.',
  credentialsNote: 'User name: {{username}}',
  copyPassword: 'Copy the password',
  registeredBy: 'by {{name}}',
  bySystem: 'by itself',
  rejected: 'Refused input',
  rejectedHint: 'What arrived and was not taken, counted by day. Nothing of it was stored.',
  noRejected: 'Nothing was refused.',
  times_one: 'once',
  times_other: '{{count}} times',
  lastTime: 'last',
  about: 'About',
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
  newCredentials: 'Nuevas credenciales de la máquina',
  askCredentials:
    'El dispositivo recibe una nueva contraseña MQTT. La que tiene ahora termina en cuanto su pasarela lo sabe: la máquina no puede enviar nada hasta que se le ponga la nueva. Sus lecturas, reglas e historial se quedan.',
  makeCredentials: 'Crear credenciales nuevas',
  credentialsText:
    'Ponga esta contraseña en la máquina. Se muestra solo esta vez; quien la pierda crea otra.',
  credentialsNote: 'Usuario: {{username}}',
  copyPassword: 'Copiar la contraseña',
  registeredBy: 'por {{name}}',
  bySystem: 'por sí solo',
  rejected: 'Entradas rechazadas',
  rejectedHint: 'Lo que llegó y no se aceptó, contado por día. Nada de ello se guardó.',
  noRejected: 'No se rechazó nada.',
  times_one: 'una vez',
  times_other: '{{count}} veces',
  lastTime: 'última',
  about: 'Sobre',
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
  newCredentials: 'Novas credenciais da máquina',
  askCredentials:
    'O dispositivo recebe uma nova senha MQTT. A que tem agora termina assim que o gateway souber: a máquina não pode enviar nada até receber a nova. As leituras, regras e histórico ficam.',
  makeCredentials: 'Criar novas credenciais',
  credentialsText: 'Ponha esta senha na máquina. É mostrada só esta vez; quem a perder cria outra.',
  credentialsNote: 'Utilizador: {{username}}',
  copyPassword: 'Copiar a senha',
  registeredBy: 'por {{name}}',
  bySystem: 'por si mesmo',
  rejected: 'Entradas recusadas',
  rejectedHint: 'O que chegou e não foi aceite, contado por dia. Nada disso foi guardado.',
  noRejected: 'Nada foi recusado.',
  times_one: 'uma vez',
  times_other: '{{count}} vezes',
  lastTime: 'última',
  about: 'Sobre',
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
  newCredentials: '新的機器憑證',
  askCredentials:
    '裝置會得到新的 MQTT 密碼。閘道得知後，目前的密碼立即失效：在機器換上新密碼之前，它無法傳送任何資料。讀數、規則和歷程都會保留。',
  makeCredentials: '建立新憑證',
  credentialsText: '請將此密碼設定到機器中。密碼只顯示這一次；遺失時請再建立一組。',
  credentialsNote: '使用者名稱：{{username}}',
  copyPassword: '複製密碼',
  registeredBy: '由 {{name}}',
  bySystem: '自動',
  rejected: '遭拒的輸入',
  rejectedHint: '已到達但未被接受的內容，按日計數。這些內容均未儲存。',
  noRejected: '沒有任何內容遭拒。',
  times_other: '{{count}} 次',
  times_one: '{{count}} 次',
  lastTime: '最近',
  about: '關於',
};
