// Namesakes are kept apart; statics are no locals of a call.
static int names(struct foo *foo, int ret)
{
	static int calls = 3;
	int i = 1;

	if (foo) {
		int ret = first(foo);

		use(ret, i);
		if (ret) {
			int ret = second(foo), i;

			i = ret;
			use(ret, i);
		}
		use(ret, i);
	}
	for (int i = 0; i < 3; i++)
		use(ret, i);
	list_for_each_entry(foo, &foo->head, i.ret)
		use(container_of(foo, struct bar, i), i);
	calls++;
	return ret + i;
}
