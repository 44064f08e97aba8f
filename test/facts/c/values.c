// Calls, assignments and steps inside expressions, in C's order.
static int nested(struct foo *foo, int i)
{
	int *p = foo->items, v;

	foo->sum += get(foo, i++) * 2;
	*p++ = foo->last--;
	v = *--p;
	foo->a = foo->b = next(foo)->size;
	v = (take(foo), foo->c);
	if ((v = pick(foo)) < 0)
		return v;
	(*foo->ops->run)(foo, &foo->list, (struct bar *)foo->data, sizeof(*foo), sizeof(struct bar));
	return foo->items[v++] + v;
}

static bool chosen(struct foo *foo, int n)
{
	bool ok = foo && foo->live;
	int m = n ?: 7;
	int k = foo->a ? get(foo, 1) : foo->b ? 2 : 3;

	run(foo->a || foo->b, n > 3 ? m : k);
	n > 3 && run(ok, k);
	foo->live ? start(foo) : stop(foo);
	return ok && m != k;
}

static int numbers(void)
{
	struct pair p = { .x = 0x10UL, .in = { .y = -1 }, .arr = { 1, [4] = 2, 3 } };
	char c = '\n';

	set(&p, c, 07, "text" "more", (struct pair){ .x = f(1) }, ~0, !c, +c);
	return ({ int t = f(2); t + 1; });
}

static void nothing(struct foo *foo)
{
	foo->a;
	(void)check(foo);
	return run(1, 2);
}
