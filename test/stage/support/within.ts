/** A moment that a test waits for, which would not come if the product were broken. */
export async function within<T>(moment: Promise<T>, milliseconds = 45_000): Promise<T> {
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error(`did not happen within ${milliseconds} ms`)), milliseconds);
  try {
    return await Promise.race([moment, tooLate.promise]);
  } finally {
    clearTimeout(timer);
  }
}
