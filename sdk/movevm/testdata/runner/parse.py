# Reads the test output in out/test.txt and writes golden.tsv.
import re
txt=open('out/test.txt').read()
out={}
mods=re.split(r'\nFailures in ',txt)[1:]
for mod in mods:
    for m in re.finditer(r'┌── w(\d+) ──────\n(.*?)└──────',mod,re.S):
        n=int(m.group(1)); body=m.group(2)
        flat=re.sub(r'\s+',' ',body)
        orig=re.search(r'originating in the module (\S+)',flat)
        orig=orig.group(1) if orig else '?'
        a=re.search(r'it aborted with code (\d+)',flat)
        if a: 
            out[n]=['value' if re.match(r'diff::t\w+$',orig) else 'abort',a.group(1)]+([] if re.match(r'diff::t\w+$',orig) else [orig])
        elif 'arithmetic error' in flat: out[n]=['arithmetic','0',orig]
        elif 'vector operation error with sub-status' in flat: out[n]=['vector',re.search(r'sub-status (\d+)',flat).group(1),orig]
        else: out[n]=['other',re.search(r'test failure(.*)',flat).group(1)[:300],orig]
from collections import Counter
print(len(out),Counter(v[0] for v in out.values()))
with open('golden.tsv','w') as f:
    for n in sorted(out):
        v=out[n]
        kind,code,mod=v[0],v[1],(v[2] if len(v)>2 else '')
        if kind=='other': kind,code='status',re.search(r'\(code (\d+)\)',code).group(1)
        f.write(f"c{n}\t{kind}\t{code}\t{mod}\n")
