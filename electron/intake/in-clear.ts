/** What to do about a secret that stands in a file in clear: moving its ciphertext to another key does not help. */
export const IN_CLEAR_REMEDY =
  'Delete it here, and make the secret anew if others could have read the file. Re-encrypting does not help.';
