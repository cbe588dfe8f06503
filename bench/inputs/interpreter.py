"""What Python programs do: attribute access, calls, dictionaries, strings, sorting, exceptions."""
class Record:
    def __init__(self, key, link=None):
        self.key, self.link, self.value = key, link, 0
    def copy(self):
        other = Record(self.key, self.link)
        other.value = self.value
        return other

def records(count):
    head = None
    for i in range(count):
        head = Record(i, head)
        head.value = head.copy().value + i % 7
    total = 0
    while head:
        total, head = total + head.value, head.link
    return total

def words(count):
    state, text, seen = 7, [], {}
    for _ in range(count):
        state = state * 48271 % 2147483647
        text.append(chr(97 + state % 26) if state % 5 else ' ')
    for word in ''.join(text).split():
        seen[word] = seen.get(word, 0) + 1
    return sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:3]

def caught(count):
    total = 0
    for i in range(count):
        try:
            total += 100 // (i % 4)
        except ZeroDivisionError:
            total -= 1
    return total

print(records(400000), words(300000), caught(400000), sum(i * i for i in range(500000)) % 1000007)
