// What is not understood stays where it stands.
static int odd(struct foo *foo)
{
	use(foo);
	@@ $$ ;
	asm volatile("nop" : "=r" (foo->a) : "r" (foo->b));
	break;
	return 0;
}
